import type { Json } from '@fw/agents-core';
import type { JournalEntry } from '@fw/workflow';
import { placeEntry } from '../../src/run-projection.ts';
import type { PlacedEntry } from '../../src/run-projection.ts';

export type Short = readonly [key: string, at: number, more?: Partial<Pick<JournalEntry, 'kind' | 'origin' | 'tree' | 'error'>> & { readonly output?: Json }];

/** Entries of a run, in the order given; steps of agents unless said otherwise. */
export function placedEntries(...entries: readonly Short[]): readonly PlacedEntry[] {
  return entries.map(([key, at, { output, ...more } = {}], index) => placeEntry({
    run: 'r', seq: index + 1, order: [index], key: `r/${key}`, kind: 'step', at, attempt: 1, origin: /(enter|leave)#1$/.test(key) ? 'engine' : 'agent', previous: '', hash: '', ...more,
  }, output));
}
