import type { AgentContext, Json } from '@fw/agents-core';
import type { WorkflowDefinition } from './definition.ts';
import type { JournalEntry, LiveDelta } from './journal-entry.ts';
import type { Question, RunStatus } from './journal-store.ts';
import type { RunState } from './run-state.ts';
import type { Extend } from './scope.ts';
import type { Facts } from './transition.ts';

/** Drives runs. Engines carry JSON only; agents are found by name in the process that works. */
export interface WorkflowEngine {
  readonly specVersion: 1;
  /** Same id twice: the same run. @throws WorkflowError `FW_WORKFLOW_CHANGED` when the id has another definition or fingerprint. */
  start(options: StartOptions): Promise<RunHandle>;
  /** Continues a run, or gives the handle of one that has ended. @throws WorkflowError `FW_WORKFLOW_LEASED`, `FW_WORKFLOW_UNKNOWN_RUN`. */
  attach(id: string): Promise<RunHandle>;
  /** A handle that only watches, answers and cancels; never takes the run up. */
  watch(id: string): Promise<RunHandle>;
  list(filter?: { readonly status?: RunStatus }): AsyncIterable<RunSummary>;
  /** Stops its runs at the next safe place, gives their leases back, frees everything. Idempotent. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly id: string;
  readonly definition: WorkflowDefinition;
  /** A Task, or `{ task, … }`; agents get the task. */
  readonly input: Json;
  /** Digest of what must not change while the run lives; default the definition's digest. */
  readonly fingerprint?: string;
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

export interface RunSummary {
  readonly id: string;
  readonly status: RunStatus;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What an agent's context has beyond the durable operations. */
export type HostedContext = Pick<AgentContext, 'model' | 'tools' | 'workspace' | 'emit'>;

/** A run as a host sees it when it is taken up. */
export interface HostedRun {
  readonly id: string;
  readonly input: Json;
  /** Aborts when the run is cancelled, put down or lost, or ended with something still under way. */
  readonly signal: AbortSignal;
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
