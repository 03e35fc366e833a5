import type { Json } from '@fw/models';
import type { StepContext, StepOptions } from './step.ts';

/**
 * The durable operations. All promises are ordinary ones and settle one at a time in journaled order,
 * so `Promise.all` and `Promise.race` over them are deterministic on replay. Outside a step, code must not
 * await anything but these (no timers, no I/O); the host reports FW_WORKFLOW_STALLED or FW_WORKFLOW_DIVERGED.
 */
export interface DurableContext {
  /** Path of this scope, e.g. `design#1/architect`. */
  readonly path: string;
  /** A leaf: runs until it is finished once, then returns the journaled value. */
  step<T extends Json>(name: string, run: (step: StepContext) => T | Promise<T>, options?: StepOptions): Promise<T>;
  /** A composite: a name space with its own counters. Writes nothing itself; only leaves are journaled. */
  scope<T>(name: string, run: (context: this) => Promise<T>): Promise<T>;
  /** Branches side by side, each in its own scope `name#n/i`. At most `concurrency` at once; the first error aborts the others. */
  all<T>(name: string, branches: readonly ((context: this) => Promise<T>)[], options?: { readonly concurrency?: number }): Promise<T[]>;
  /** Like `all`, but the first to settle wins and the others are aborted and awaited. */
  race<T>(name: string, branches: readonly ((context: this) => Promise<T>)[]): Promise<T>;
  /** Waits for a person, a webhook or another run; costs no process. Resolves undefined after `timeoutMs`. `schema` is JSON Schema, checked when the signal arrives. */
  waitFor<T extends Json>(signal: string, options?: { readonly schema?: Json; readonly timeoutMs?: number; readonly question?: Json }): Promise<T | undefined>;
  sleep(durationMs: number): Promise<void>;
  /** Another run, found by id `parent/path`; same definition language, own journal. Cancel reaches it. */
  child<T extends Json>(name: string, definition: string, input: Json): Promise<T>;
  /** Epoch milliseconds of the last journaled entry this run has settled. Sync, deterministic, writes nothing. */
  now(): number;
  /** In [0, 1), seeded by (run, path, counter). Sync, deterministic, writes nothing. */
  random(): number;
  id(): string;
  readonly signal: AbortSignal;
}
