import type { AgentContext, Json } from '@fw/agents-core';
import type { WorkflowDefinition } from './definition.ts';
import type { JournalEntry, LiveDelta } from './journal-entry.ts';
import type { ForkOrigin, Question, RunHead, RunStatus } from './journal-store.ts';
import type { OnInput } from './machine.ts';
import type { RunState } from './run-state.ts';
import type { Extend } from './scope.ts';
import type { Facts } from './transition.ts';

/** Drives runs. Engines carry JSON only; agents are found by name in the process that works. */
export interface WorkflowEngine {
  readonly specVersion: 1;
  /** Same id twice: the same run. @throws WorkflowError `FW_WORKFLOW_CHANGED` when the id has another definition or fingerprint. */
  start(options: StartOptions): Promise<RunHandle>;
  /**
   * Continues a run on the definition that it keeps, or gives the handle of one that has ended. With a definition or fingerprint that is
   * another one than the run's it is refused, unless `changed` says how it goes on.
   * @throws WorkflowError `FW_WORKFLOW_LEASED`, `FW_WORKFLOW_UNKNOWN_RUN`, `FW_WORKFLOW_CHANGED`.
   */
  attach(id: string, options?: AttachOptions): Promise<RunHandle>;
  /** A handle that only watches, answers and cancels; never takes the run up. */
  watch(id: string): Promise<RunHandle>;
  /**
   * Drives the run through its journal again, offline: no step runs, nothing is written, every entry has to come out with
   * the same bytes. `onInput` is told of every step as it is asked for: the journal keeps only the digest of what a step is
   * asked with, and a replay asks again. @throws WorkflowError `FW_WORKFLOW_DIVERGED` at the first difference.
   */
  replay(id: string, options?: { readonly onInput?: OnInput }): Promise<Replay>;
  /**
   * A new run that takes over the entries of another one up to `at`, with what they settled, and goes on by itself. An approval is
   * taken over only while it is about the same: else the new run begins before it.
   * @throws WorkflowError `FW_WORKFLOW_UNCONFIRMED`, naming steps that may run only once and would be taken over; `FW_WORKFLOW_DIVERGED` when
   * the change does not fit what is taken over.
   */
  fork(id: string, options: ForkOptions): Promise<RunHandle>;
  list(filter?: { readonly status?: RunStatus }): AsyncIterable<RunSummary>;
  /** Removes ended runs, and large outputs that nothing refers to any more. Runs that go on meanwhile lose nothing. */
  prune(options: PruneOptions): Promise<Pruned>;
  /** Stops its runs at the next safe place, gives their leases back, frees everything. Idempotent. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly id: string;
  readonly definition: WorkflowDefinition;
  /** A Task, or `{ task, … }`; agents get the task. */
  readonly input: Json;
  /** What must not change while the run lives: a digest, or an object of named parts so that a difference can be shown. Default the definition without its limits. */
  readonly fingerprint?: Json;
  readonly changed?: WhenChanged;
}

export interface AttachOptions {
  readonly definition?: WorkflowDefinition;
  readonly fingerprint?: Json;
  readonly changed?: WhenChanged;
}

/**
 * What becomes of a run that was begun with another definition or fingerprint: `refuse` (default), `pinned`, which finishes
 * it on what it began with, or a function that says where it goes on in the new definition.
 */
export type WhenChanged = 'refuse' | 'pinned' | Migrate;

/** Called once, before anything of the new definition runs; what it gives is journaled. */
export type Migrate = (run: RunToMigrate) => { readonly state: RunState; readonly input?: Json } | Promise<{ readonly state: RunState; readonly input?: Json }>;

export interface RunToMigrate {
  readonly id: string;
  readonly definition: WorkflowDefinition;
  readonly fingerprint: string;
  readonly input: Json;
  /** Where it is by its journal. A visit that was under way begins anew in whatever state it goes on in. */
  readonly state: RunState;
  /** Keys of `once` steps that were begun and did not finish: whether they took effect is not known. */
  readonly uncertain: readonly string[];
}

export interface ForkOptions {
  /** Sequence number of the last entry to take over; 0 begins anew. */
  readonly at: number;
  /** Of the new run; default the old one's with `-fork-1`, `-fork-2`, … */
  readonly id?: string;
  /** What the host is to do otherwise from there on, e.g. `{ models: { developer: 'openai/…' } }`. */
  readonly change?: Json;
  readonly definition?: WorkflowDefinition;
  readonly input?: Json;
  readonly fingerprint?: Json;
  /** Keys of `once` steps in what is taken over: they took effect, or may have, and will not run again. */
  readonly confirm?: readonly string[];
}

export interface PruneOptions {
  /** Since they ended. */
  readonly olderThanMs: number;
  /** How many of the newest ended runs stay in any case; default 0. */
  readonly keep?: number;
  /** How long ago an unused large output has to have been put; default a day. */
  readonly graceMs?: number;
}

export interface Pruned {
  readonly runs: readonly string[];
  readonly blobs: number;
  readonly bytes: number;
}

export interface Replay {
  /** How many entries came out again. */
  readonly entries: number;
  /** Hash of the last of them. */
  readonly head: string;
  /** False for a run that has not ended: everything that it has was replayed. */
  readonly complete: boolean;
}

export interface RunHandle {
  readonly id: string;
  /** Entries after `from`, then, with `live`, new ones and deltas until the run ends. */
  events(options?: { readonly from?: number; readonly live?: boolean; readonly signal?: AbortSignal }): AsyncIterable<JournalEntry | LiveDelta>;
  /** @throws WorkflowError `FW_SIGNAL_ANSWERED` when the question has its answer already. */
  signal(name: string, value: Json): Promise<void>;
  cancel(reason: string): Promise<void>;
  /** The result when the run has ended, however long it waits until then. */
  result(): Promise<RunOutcome>;
  /** Like `result`, but also resolves when the run waits for a person, a timer or whatever paused it. */
  settled(): Promise<RunOutcome | RunWaiting>;
}

/** How a run ended. */
export interface RunOutcome {
  readonly status: 'success' | 'failed' | 'cancelled';
  readonly state: RunState;
  readonly code?: string;
  readonly message?: string;
}

export interface RunWaiting {
  readonly status: 'waiting';
  readonly code: string;
  readonly message: string;
  readonly questions: readonly Question[];
  /** Epoch milliseconds of its next timer. */
  readonly wakeAt?: number;
}

export type RunSummary = RunHead;

/** What an agent's context has beyond the durable operations. */
export type HostedContext = Pick<AgentContext, 'model' | 'tools' | 'workspace' | 'outputs' | 'emit'>;

/** A run as a host sees it when it is taken up. */
export interface HostedRun {
  readonly id: string;
  readonly input: Json;
  /** Aborts when the run is cancelled, put down or lost, or ended with something still under way. */
  readonly signal: AbortSignal;
  /** Of a run that was forked: where its files come from, and what is to be different (`change`) in what it does itself. */
  readonly forkedFrom?: ForkOrigin;
  /** True when the journal is only read again: no step runs, so nothing may be changed. */
  readonly replay?: boolean;
}

/** What a host gives one run while this process drives it. Everything in it is a function of what the journal has settled. */
export interface RunHost {
  /** Builds the hosted part of a context; called for each scope of each agent. */
  context(agent: { readonly name: string; readonly state: string; readonly visit: number }): Extend<HostedContext>;
  /** What was measured so far. */
  facts(state: RunState): Facts;
  /** States that ask a person, of those whose approval is `policy`. */
  readonly approvals?: readonly string[];
  /** Every entry as it settles, replayed ones too. */
  settled?(entry: JournalEntry): void;
  close?(reason: 'done' | 'failed' | 'cancelled' | 'waiting'): Promise<void>;
}
