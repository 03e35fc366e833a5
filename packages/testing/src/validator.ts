import type { Finding, TaskWorkspace } from '@fw/agents-core';

export interface ValidatorInput {
  readonly workspace: TaskWorkspace;
  /** The tree before the change. */
  readonly base: string;
  /** The tree to look at. */
  readonly head: string;
  readonly signal?: AbortSignal;
}

/** Looks at a change and says what it found. It reads trees and may run commands; it changes no file. */
export interface Validator {
  readonly specVersion: 1;
  readonly name: string;
  /** Findings carry the validator's name as `source`, and `isNew` for what the change brought. */
  validate(input: ValidatorInput): Promise<readonly Finding[]>;
}
