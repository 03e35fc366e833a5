import type { Json } from '@fw/models';

/** `run/path/name#visit`. The same in every attempt, on every engine: use it as the idempotency key of the outside world. */
export type StepKey = string;

/** What a second attempt may do, see `StepOptions.effect`. */
export type Effect = 'pure' | 'idempotent' | 'once';

/** Given to the function of one leaf. It has no `step`, `waitFor` or `tools`: leaves cannot nest, by type and at run time. */
export interface StepContext {
  readonly key: StepKey;
  /** 1, or more when an earlier process began this step and did not finish it. 0 when the engine cannot know (Restate). */
  readonly attempt: number;
  /** Aborts on cancel, on a lost race and on a lost lease. Pass it on to fetch and to child processes. */
  readonly signal: AbortSignal;
  /** Live only: reaches watchers, never the journal, may be dropped. The value that is journaled is the one returned. */
  progress(delta: Json): void;
}

export interface StepOptions {
  /** Part of the journal as a digest; a replay with another input is refused (FW_WORKFLOW_DIVERGED). */
  readonly input?: Json;
  /**
   * `pure` (default) and `idempotent` run again; `once` is never run a second time: the step ends with
   * FW_STEP_UNCERTAIN and the agent decides. Only `once` waits until its intent is on disk.
   */
  readonly effect?: Effect;
  readonly timeoutMs?: number;
}
