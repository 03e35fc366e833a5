import type { Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import type { WorkflowDefinition } from './definition.ts';
import type { JournalEntry } from './journal-entry.ts';

export type RunStatus = 'running' | 'waiting' | 'success' | 'failed' | 'cancelled';

/** What a store knows of a run beside its entries. */
export interface RunRecord {
  readonly id: string;
  readonly definition: WorkflowDefinition;
  readonly input: Json;
  readonly fingerprint: string;
  readonly status: RunStatus;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Of a finished run. */
  readonly result?: Json;
  /** Why a waiting run waits: a code, and words. */
  readonly paused?: { readonly code: string; readonly message: string };
  /** Epoch milliseconds of the next timer of a waiting run. */
  readonly wakeAt?: number;
  /** Somebody asked to cancel it. */
  readonly cancel?: string;
  /** Who has it, or had it last. */
  readonly holder?: string;
  /** Questions without an answer. Those whose name begins with "!" are the engine's own and are left out. */
  readonly questions: readonly Question[];
  /** The run that waits for this one. */
  readonly parent?: string;
  readonly forkedFrom?: ForkOrigin;
}

/** What a list of runs is made of. */
export type RunHead = Pick<RunRecord, 'id' | 'status' | 'createdAt' | 'updatedAt'>;

/** Where a run was forked off. */
export interface ForkOrigin {
  readonly run: string;
  /** The last entry of that run that it took over. */
  readonly seq: number;
  /** With how many entries its own journal began: what was only begun is left out, so it may be less. */
  readonly entries: number;
  /** Draws of the part taken over are made with the seeds of the runs that made them: each until that many operations had settled. */
  readonly seeds: readonly { readonly seed: string; readonly until: number }[];
  /** When the first of those runs began, in epoch milliseconds: what `now()` gives before anything has settled. */
  readonly startedAt: number;
  /** Files at that place, by content hash. */
  readonly tree?: string;
  /** What its host is to do otherwise from there on. */
  readonly change?: Json;
}

/** What a run begins with. */
export type NewRun = Pick<RunRecord, 'id' | 'definition' | 'input' | 'fingerprint' | 'parent' | 'forkedFrom'>;

/** Of a run that does not begin at its start. */
export interface Beginning {
  readonly entries: readonly JournalEntry[];
  /** Answers that those entries have taken. */
  readonly answers: readonly { readonly name: string; readonly ordinal: number; readonly value: Json }[];
  /** Default `running`: somebody takes it up. */
  readonly as?: { readonly status: RunStatus; readonly result?: Json; readonly paused?: { readonly code: string; readonly message: string } };
}

export interface Question {
  readonly name: string;
  /** How often that signal was waited for, from 1. */
  readonly ordinal: number;
  readonly question?: Json;
  /** JSON Schema that the answer has to fit. */
  readonly schema?: Json;
}

/** The right to append to a run; ends with its time or when somebody else claims it. */
export interface Claim {
  /** Rises with each claim of the run; every write names it. */
  readonly token: number;
  readonly record: RunRecord;
  readonly entries: readonly JournalEntry[];
}

export interface ClaimOptions {
  readonly holder: string;
  readonly now: number;
  readonly ttlMs: number;
  /** A holder that is known to have died: its claim counts as ended. */
  readonly gone?: string;
}

export interface ReleaseOptions {
  readonly now: number;
  readonly status: 'running' | 'waiting';
  readonly paused?: { readonly code: string; readonly message: string };
  readonly wakeAt?: number;
  /** Answers that wake it; one that is there already wakes it at once. */
  readonly waits?: readonly Pick<Question, 'name' | 'ordinal'>[];
}

/**
 * Where runs are kept. Every write by a holder is fenced: with a token that is not the newest it is refused with
 * `FW_WORKFLOW_LEASED` and changes nothing. When a promise resolves, the write survives a crash of the process.
 * Times are the caller's, in epoch milliseconds, so that a test can hold the clock.
 */
export interface JournalStore {
  readonly specVersion: 1;
  readonly blobs: BlobStore;
  /** False when the id exists; nothing is changed then. With a beginning, all of it is there or nothing. */
  create(run: NewRun, now: number, beginning?: Beginning): Promise<boolean>;
  /** Undefined when somebody holds it, or when it has ended. */
  claim(run: string, options: ClaimOptions): Promise<Claim | undefined>;
  /** Prolongs the claim. Says whether it still holds and whether the run is to be cancelled. */
  renew(run: string, token: number, options: { readonly now: number; readonly ttlMs: number }): Promise<{ readonly held: boolean; readonly cancel?: string }>;
  /** @throws WorkflowError `FW_JOURNAL_BROKEN` for an entry whose `seq` does not follow the last one's: a journal has no gaps. */
  append(run: string, token: number, entry: JournalEntry): Promise<void>;
  /** Ends the claim: `running` frees the run for the next holder, `waiting` leaves it until a timer, an answer or somebody wakes it. */
  release(run: string, token: number, options: ReleaseOptions): Promise<void>;
  finish(run: string, token: number, options: { readonly now: number; readonly status: 'success' | 'failed' | 'cancelled'; readonly result: Json }): Promise<void>;
  /** Notes that the run waits for that answer; the same question again changes nothing. */
  ask(run: string, token: number, question: Question): Promise<void>;
  /** Nobody waits for that answer any more. False when it came before: it counts then. */
  withdraw(run: string, token: number, question: Pick<Question, 'name' | 'ordinal'>): Promise<boolean>;
  /**
   * Stores the answer of the open question of that name, or of the first one before it was asked.
   * False when it has its answer already.
   */
  answer(run: string, name: string, value: Json, now: number): Promise<boolean>;
  answerOf(run: string, name: string, ordinal: number): Promise<{ readonly value: Json } | undefined>;
  cancel(run: string, reason: string, now: number): Promise<void>;
  get(run: string): Promise<RunRecord | undefined>;
  /** Entries after `after`, in order. */
  read(run: string, after?: number): Promise<readonly JournalEntry[]>;
  /** Newest first; a record is read when it is taken. */
  list(filter?: { readonly status?: RunStatus }): AsyncIterable<RunRecord>;
  /** The same without what the runs are made of: the cost of one does not depend on how large its run is. */
  heads(filter?: { readonly status?: RunStatus }): Promise<readonly RunHead[]>;
  /** Runs that somebody should take up now: the holder is gone, an answer came, a timer is due, or they are to be cancelled. */
  due(now: number): Promise<readonly string[]>;
  /** Removes ended runs with their entries and questions. Blobs stay: other runs may share them. */
  remove(runs: readonly string[]): Promise<void>;
  close(): Promise<void>;
}
