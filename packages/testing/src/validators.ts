import { findDependencyProblems } from './dependencies.ts';
import { findSecrets } from './secrets.ts';
import { findSecurityProblems } from './security.ts';
import type { Validator } from './validator.ts';

/** The validators of this package. */
export const validators: {
  /** Well-known tokens and private keys on added lines. */
  secrets(): Validator;
  /** What a change does to package.json and lock files of npm, pnpm and yarn. */
  dependencies(): Validator;
  /** Ways from what comes from outside to commands, paths, code, prototypes and slow expressions. */
  security(): Validator;
} = {
  secrets: () => ({ specVersion: 1, name: 'secrets', validate: findSecrets }),
  dependencies: () => ({ specVersion: 1, name: 'dependencies', validate: findDependencyProblems }),
  security: () => ({ specVersion: 1, name: 'security', validate: findSecurityProblems }),
};
