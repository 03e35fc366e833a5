import { calling } from './calling.ts';
import { escaping } from './escaping.ts';
import type { MisbehavingModel } from './misbehaving-model.ts';
import { words } from './words.ts';
import { working } from './working.ts';

/** Every row; what has to come of each was decided by what the specification says, before it was played. */
export const misbehavingModels: readonly MisbehavingModel[] = [...words, ...calling, ...working, ...escaping];
