import type { Usage } from '@fw/models';
import type { RunCounts } from '../run-counts.ts';

/** One run of one task with one configuration, judged. */
export interface Sample {
  readonly arm: string;
  readonly task: string;
  /** From 1. */
  readonly repeat: number;
  /** Id of the run, for `fw show`; null where no model took part. */
  readonly run: string | null;
  /** How the run ended, whatever its change is worth. */
  readonly status: 'success' | 'failed' | 'cancelled' | 'waiting';
  /** As `fw run` would have exited. */
  readonly exitCode: number;
  /** The patch that it handed over passes the suite's tests. */
  readonly solved: boolean;
  /** Why it is not solved: `patch-unfit`, `hidden-tests-failed`, `own-tests-failed`, …, or the code that the run ended with. */
  readonly code?: string;
  readonly message?: string;
  /** What the gate of the run said of the change; null where it had no say. */
  readonly gate: 'accepted' | 'refused' | null;
  /** The gate refused a change that passes the suite's tests. */
  readonly refusedSolved: boolean;
  readonly simulated: boolean;
  readonly usage: Usage;
  readonly wallMs: number;
  readonly counts: RunCounts;
}

export const noCounts: RunCounts = { models: [], modelCalls: 0, toolCalls: 0, formatFailures: 0, refusedSubmissions: 0, notExecuted: 0, stuck: {} };
