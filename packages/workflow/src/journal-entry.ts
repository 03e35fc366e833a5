import type { BlobRef, Json, StepKey } from '@fw/agents-core';

export type Origin = 'agent' | 'model' | 'tool' | 'workspace' | 'runner' | 'engine' | 'plugin';

/** One fact. `seq` is the order of completion and the order on disk; `order` is the place in the program and what projections sort by. */
export interface JournalEntry {
  readonly run: string;
  /** From 1, without gaps. */
  readonly seq: number;
  /** Ordinals down the scopes, e.g. [3,0,2]; equal on every engine. */
  readonly order: readonly number[];
  readonly key: StepKey;
  readonly kind: 'begin' | 'step' | 'failed' | 'signal' | 'timer' | 'child' | 'run';
  /** Epoch milliseconds. */
  readonly at: number;
  readonly attempt: number;
  readonly origin: Origin;
  /** Hex digest of the input. */
  readonly input?: string;
  /** Of a step that may run only once. */
  readonly effect?: 'once';
  readonly output?: Json | BlobRef;
  readonly error?: { readonly code: string; readonly message: string };
  /** Files after the step, by content hash. */
  readonly tree?: string;
  /** Hash of the entry before; empty for the first. */
  readonly previous: string;
  /** Hex SHA-256 of this entry without `hash`. */
  readonly hash: string;
}

/** Live only; carries the key it belongs to so that a watcher can throw it away when the entry comes. */
export interface LiveDelta {
  readonly run: string;
  readonly key: StepKey;
  readonly attempt: number;
  readonly index: number;
  readonly delta: Json;
}
