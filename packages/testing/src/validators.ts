import { findSecrets } from './secrets.ts';
import type { Validator } from './validator.ts';

/** The validators of this package. */
export const validators: {
  /** Well-known tokens and private keys on added lines. */
  secrets(): Validator;
} = {
  secrets: () => ({ specVersion: 1, name: 'secrets', validate: findSecrets }),
};
