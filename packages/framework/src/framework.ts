import type { Artifact, Json, Task } from '@fw/agents-core';
import type { Attempt, ModelRegistry, Usage } from '@fw/models';
import type { GateReport, ReportVerification, Verdict } from '@fw/testing';
import type { PluginPermissions, PluginStatus } from '@fw/plugins';
import type { Pruned, Replay, WorkflowDefinition } from '@fw/workflow';
import type { Review } from '@fw/agent-reviewer';
import type { Config } from './config.ts';
import type { ContributionUse } from './inspection/contribution-use.ts';
import type { FileDiff } from './inspection/file-diff.ts';
import type { RunInspection } from './inspection/inspect-run.ts';
import type { RunReceipt } from './inspection/receipts.ts';
import type { HtmlReport } from './html-report/render-run-html.ts';
import type { Decision } from './feedback/decide.ts';
import type { FeedbackEffect } from './feedback/effect.ts';
import type { CommandsUse, RunResources } from './monitoring.ts';
import type { Answer, OpenQuestion } from './questions.ts';
import type { RunEvent } from './run-event.ts';
import type { TracedCriterion } from './trace/trace-criteria.ts';
import type { Uncovered } from './trace/uncovered.ts';
import type { Why } from './trace/why.ts';

export type { Answer, OpenQuestion, Pruned, Replay };

/** What `createFramework` gives: the whole line from a task to a verified change. */
export interface Framework {
  /** Runs a task to its end, or to where it waits, and gives its result. The user's tree is never written to. */
  execute(task: TaskInput, options?: ExecuteOptions): Promise<RunResult>;
  /** Like `execute`, but returns at once with a handle. */
  start(task: TaskInput, options?: ExecuteOptions): Promise<Run>;
  /**
   * Continues a run that was killed, paused or is waiting. A finished run gives its result again.
   * `pinned`: also one that was begun with other agents, prompts or tools than this framework has; default false.
   * @throws FrameworkError `FW_RUN_UNKNOWN`; WorkflowError `FW_WORKFLOW_LEASED` when another process holds it, `FW_WORKFLOW_CHANGED` naming
   * what is not as it was.
   */
  resume(id: string, options?: { readonly signal?: AbortSignal; readonly pinned?: boolean }): Promise<Run>;
  /**
   * Works on all runs of this home until `close`: those whose process has died, whose timer is due or that were answered, and on Restate
   * those that it sends here. Resolves when it does. @throws what the engine throws when it cannot serve, e.g. `FW_RESTATE_UNREACHABLE`.
   */
  work(options?: WorkOptions): Promise<void>;
  /** Answers what a run waits for. @throws FrameworkError `FW_RUN_NOT_WAITING`, `FW_ANSWER_INVALID`; WorkflowError `FW_SIGNAL_ANSWERED`. */
  answer(id: string, answer: Answer): Promise<void>;
  /** The state machine of runs that are begun with this config. @throws FrameworkError `FW_CONFIG_INVALID`, PluginError where a plugin's cannot be had. */
  workflow(): Promise<WorkflowDefinition>;
  /** Summaries of all runs, newest first. */
  runs(): Promise<readonly RunSummary[]>;
  /** Some of them: only those are read, however many there are; all once where a text is looked for. */
  listRuns(query?: RunQuery): Promise<RunPage>;
  /** @throws FrameworkError `FW_RUN_UNKNOWN`, with the ids that come near. */
  show(id: string): Promise<RunDetails>;
  /**
   * Why a line, or a file, is as a run leaves it: `src/a.ts:12`. Whatever state the run is in; nothing is written.
   * @throws FrameworkError `FW_RUN_UNKNOWN`, `FW_PLACE_UNKNOWN`; WorkspaceError `FW_WORKSPACE_MISSING`.
   */
  why(id: string, place: string): Promise<Why>;
  /** Criteria and changed lines of a run that nothing measured stands behind. @throws as `why`. */
  uncovered(id: string): Promise<Uncovered>;
  /** A handle that shows a run of whichever process, and cancels it; it never takes the run up. */
  watch(id: string): Promise<Run>;
  /** Cancels a run of whichever process and waits until it has ended: what is in flight is aborted, and it ends `cancelled`. */
  stop(id: string, reason: string): Promise<RunResult>;
  /**
   * Goes through a run's journal again, offline: no model, tool or command runs, nothing is written, and every entry has to
   * come out with the same bytes. @throws WorkflowError `FW_WORKFLOW_DIVERGED` at the first difference.
   */
  replay(id: string): Promise<Replay>;
  /**
   * A new run that takes over the entries of one up to `at`, and its files at that place; nothing of it is paid again.
   * @throws WorkflowError `FW_WORKFLOW_UNCONFIRMED` naming steps that may run only once; FrameworkError `FW_CONFIG_INVALID`, ModelError for a model that cannot be had.
   */
  fork(id: string, options: ForkRunOptions): Promise<Run>;
  /** The steps of a run in the order in which they settled; with `after` those behind that sequence number. */
  log(id: string, options?: { readonly after?: number }): Promise<readonly RunLogLine[]>;
  /** Everything about a run at once: its machine, waterfall, revisions, limits, measurements and receipts. Nothing is written. */
  inspect(id: string): Promise<RunInspection>;
  /** One step of a run with all that the journal holds of it. @throws FrameworkError `FW_RUN_UNKNOWN`, `FW_PLACE_UNKNOWN`. */
  step(id: string, seq: number): Promise<RunStep>;
  /**
   * What a step of a run was asked with: of a call of a model the whole request, with every message; null where it was asked with nothing.
   * The journal keeps its digest, so the run is replayed, offline, and what comes out has that digest.
   * @throws FrameworkError `FW_RUN_UNKNOWN`, `FW_PLACE_UNKNOWN`; WorkflowError `FW_WORKFLOW_DIVERGED` where agents, prompts or tools are others than then.
   */
  stepInput(id: string, seq: number): Promise<Json>;
  /**
   * What is different between two trees of a run; default from the tree as found to the one it has come to. Nothing is written.
   * @throws FrameworkError `FW_RUN_UNKNOWN`, `FW_PLACE_UNKNOWN` for a tree that its journal does not name; WorkspaceError `FW_WORKSPACE_MISSING`.
   */
  diff(id: string, options?: { readonly from?: string; readonly to?: string }): Promise<readonly FileDiff[]>;
  /** A run, in whichever state it is, as one file for people: no script, no request. @throws as `inspect`. */
  htmlReport(id: string): Promise<HtmlReport>;
  /** What the newest runs used: receipts of their requests, and what agents, tools and validators did. What a fork took over is not counted again. */
  use(options?: { readonly runs?: number }): Promise<RecentUse>;
  /** A whole run, files included, as plain JSON. */
  export(id: string): Promise<RunArchive>;
  /** Takes in what `export` gave, and gives its id. Nothing of it runs. @throws FrameworkError `FW_ARCHIVE_INVALID`, `FW_RUN_EXISTS`, `FW_CONFIG_UNTRUSTED`. */
  import(archive: unknown, options?: ImportOptions): Promise<string>;
  /** Removes a run that has ended, with its files. @throws FrameworkError `FW_RUN_NOT_ENDED`. */
  remove(id: string): Promise<void>;
  /** Removes ended runs, evaluations that nobody worked on for as long, and files that no run needs. */
  prune(options: PruneOptions): Promise<Pruned>;
  /** Sums over finished runs by state, agent and model. */
  stats(): Promise<Stats>;
  /** The gate alone, on a folder as it is; no model. */
  judge(options: JudgeOptions): Promise<GateReport>;
  /**
   * The reviewer alone, on what changed in a folder: journaled, within the budgets of a run, and kept as one. No model is
   * called when nothing changed. The same id again goes on with that review, or gives it again.
   * @throws FrameworkError `FW_REVIEW_BASE` where there is nothing to compare with; WorkspaceError `FW_WORKSPACE_REVISION`.
   */
  review(options: ReviewOptions): Promise<ReviewResult>;
  /**
   * Recomputes what a report says: one of `judge`, or a run's. Anything else is a value too: a report that does not hold.
   * @throws the signal's reason when aborted; WorkspaceError where `rerun` cannot open the folder; TestingError `FW_TESTING_SEALED` where
   * it is not given the sealed tests that the report rests on.
   */
  verify(report: unknown, options?: VerifyOptions): Promise<ReportVerification>;
  /** Of the configured providers and aliases. */
  readonly models: ModelRegistry;
  /** Loaded plugins and what became of them. */
  plugins(): Promise<readonly PluginSummary[]>;
  /** Stops runs at the next safe place (they can be resumed) and frees everything. Idempotent. */
  close(): Promise<void>;
}

export interface ForkRunOptions {
  /** Sequence number of the last entry to take over, as `log` gives it; 0 begins anew. */
  readonly at: number;
  /** An alias or reference by agent, for what the new run does itself. */
  readonly models?: { readonly [agent: string]: string };
  /** Of the new run; default the old one's with `-fork-1`, `-fork-2`, … */
  readonly id?: string;
  /** Keys of steps that may run only once and are taken over. */
  readonly confirm?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface RunLogLine {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of the step in its journal; a finished one is there once. */
  readonly key: string;
  readonly kind: string;
  readonly origin: string;
  /** Empty, with visit 0, for entries of the run itself. */
  readonly state: string;
  readonly visit: number;
  readonly agent: string;
  readonly step: string;
  readonly attempt: number;
  /** Of a call of a model that was answered: the requests that were sent for it. */
  readonly attempts?: readonly Attempt[];
  /** Files after it. */
  readonly tree?: string;
  /** What came of it, in one line. */
  readonly summary?: string;
  /** Whether it did what it was to do; absent where that is no question. */
  readonly ok?: boolean;
  readonly code?: string;
  readonly message?: string;
}

export interface RunStep extends RunLogLine {
  /** Whole, as it is in the journal; null where it holds none. */
  readonly output: Json;
  /** What a tool was called with; null where it is no call, or the answer that called it is not there. */
  readonly arguments: Json;
}

export interface RecentUse {
  /** How many were looked at. */
  readonly runs: number;
  /** Newest first, at most 1,000. */
  readonly receipts: readonly RunReceipt[];
  readonly contributions: readonly ContributionUse[];
}

export interface RunArchive {
  readonly version: 1;
  readonly kind: 'fw-run';
  /** Its journal and large outputs. */
  readonly run: Json;
  /** Its snapshots: a git pack in base64. */
  readonly files: { readonly base: string; readonly found: string; readonly pack: string };
}

export interface ImportOptions {
  /** Needed for a run whose config names plugins or other machines: resuming or forking it uses them. */
  readonly trust?: boolean;
}

export interface PruneOptions {
  /** Since they ended. */
  readonly olderThanMs: number;
  /** How many of the newest ended runs stay in any case; default 0. */
  readonly keep?: number;
}

/** A goal in words, or a whole task. */
export type TaskInput = string | Task;

export interface ExecuteOptions {
  /** The folder to work on; default the task's own workspace. */
  readonly workspace?: string;
  /** Aborting cancels the run: it ends `cancelled`. */
  readonly signal?: AbortSignal;
  /** Default: made from the time and randomness. The same id again is the same run. */
  readonly id?: string;
  readonly onEvent?: (event: RunEvent) => void;
  /** Id of the evaluation that the run is part of: `budgets.evaluation` of the config holds for all its runs together. */
  readonly evaluation?: string;
}

export interface WorkOptions {
  /** Default the config's. */
  readonly engine?: Config['engine'];
  /** Told of every run that ended here, or waits or pauses. */
  readonly onRun?: (result: RunResult) => void;
}

export interface Run {
  readonly id: string;
  /** Other processes work on it: it goes on when this one ends. */
  readonly goesOn: boolean;
  /** Past events, then live ones until the run ends or pauses. */
  events(): AsyncIterable<RunEvent>;
  result(): Promise<RunResult>;
  cancel(reason: string): Promise<void>;
}

export interface RunResult {
  readonly run: string;
  /** `waiting`: paused for a person, a budget or a provider; `resume` continues it. */
  readonly status: 'success' | 'failed' | 'cancelled' | 'waiting';
  readonly artifacts: readonly Artifact[];
  readonly verdict: Verdict | null;
  readonly usage: Usage;
  /** Absolute path of the verified patch; null unless the run succeeded and changed something. */
  readonly patch: string | null;
  /** Absolute path of the report's JSON; a Markdown one lies beside it. */
  readonly report: string | null;
  /** Why it is not a success. */
  readonly code?: string;
  readonly message?: string;
  /** True when a scripted model took part: nothing about quality follows from such a run. */
  readonly simulated: boolean;
}

export interface RunQuery {
  /** Default all. */
  readonly statuses?: readonly string[];
  /** How the id begins. */
  readonly id?: string;
  /** In the id, goal, workspace or state. */
  readonly text?: string;
  /** Of those that fit; default 0. */
  readonly offset?: number;
  /** Default 100. */
  readonly limit?: number;
}

export interface RunPage {
  /** Newest first. */
  readonly runs: readonly RunSummary[];
  /** Of those that fit. */
  readonly total: number;
  /** Of all, by status. */
  readonly counts: { readonly [status: string]: number };
  /** Another one whenever a run came, went or moved. */
  readonly version: string;
}

export interface RunSummary {
  readonly id: string;
  readonly goal: string;
  readonly workspace: string;
  readonly status: 'running' | 'waiting' | 'success' | 'failed' | 'cancelled';
  /** The state of the machine it is in, or was last. */
  readonly state: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly code?: string;
  readonly message?: string;
  /** What it waits for, e.g. `approve:design`. */
  readonly waitingFor?: string;
}

export interface RunDetails extends RunSummary {
  readonly task: Task;
  /** What it waits for a person to say. */
  readonly questions: readonly OpenQuestion[];
  readonly states: readonly StateSummary[];
  readonly artifacts: readonly Artifact[];
  /** Each criterion with the components, tests and evidence that stand behind it. */
  readonly trace: readonly TracedCriterion[];
  readonly verdict: Verdict | null;
  readonly usage: Usage;
  /** What processes and commands took, as far as they have ended. */
  readonly resources: RunResources;
  /** What was chosen for it from past runs, with the numbers. */
  readonly feedback: Decision | null;
  readonly patch: string | null;
  readonly report: string | null;
  /** Hash of the last journal entry. */
  readonly head: string;
}

/** One visit of one state. */
export interface StateSummary {
  readonly state: string;
  readonly visit: number;
  readonly agents: readonly string[];
  readonly enteredAt: number;
  readonly durationMs: number;
  /** The arrow it left by, e.g. `design-approved`; absent while it is there. */
  readonly event?: string;
  readonly outcome?: string;
  /** Why it was sent back, in short. */
  readonly reasons: readonly string[];
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly usage: Usage;
  /** Of the commands that ran in it. */
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
}

export interface Stats {
  readonly runs: number;
  readonly byStatus: { readonly [status: string]: number };
  readonly states: readonly {
    readonly state: string;
    readonly visits: number;
    /** Visits after the first one of a run. */
    readonly rework: number;
    /** Visits that were not sent back. */
    readonly done: number;
    readonly meanMs: number;
    readonly cpuMs: number;
  }[];
  readonly agents: readonly ({ readonly agent: string } & CallStats)[];
  readonly models: readonly ({ readonly model: string } & CallStats)[];
  /** By program. */
  readonly commands: readonly Omit<CommandsUse, 'state'>[];
  /** Of the processes that worked on runs: `turns` is how often one took a run up. */
  readonly processes: { readonly turns: number; readonly cpuMs: number; readonly peakMemoryBytes: number; readonly maxLoopDelayMs: number; readonly peakHandles: number };
  /** What was learned from past runs, what that changed, and what that brought. */
  readonly feedback: readonly FeedbackEffect[];
}

/** Of calls of models, each attempt of one. */
export interface CallStats {
  readonly calls: number;
  readonly failures: number;
  readonly meanMs: number;
  readonly usage: Usage;
}

export interface JudgeOptions {
  readonly directory: string;
  /** A git revision to compare with; default HEAD, else the tree as found. */
  readonly base?: string;
  readonly policy?: Json;
  readonly only?: readonly string[];
  /** A folder with acceptance tests that the change has not seen; the gate `seal` is then required. */
  readonly sealed?: string;
  readonly signal?: AbortSignal;
}

export interface ReviewOptions {
  readonly directory: string;
  /** A git revision to compare with; default HEAD. */
  readonly base?: string;
  /** Of the run that it is kept as; default a new one. */
  readonly id?: string;
  /** Aborting cancels it. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

export interface ReviewResult {
  /** `waiting`: paused for a budget or a provider; the same id again continues it. `failed`: no pass came to an end. */
  readonly status: 'reviewed' | 'unchanged' | 'failed' | 'cancelled' | 'waiting';
  /** Null when nothing was changed: then there is no run. */
  readonly run: string | null;
  /** What it was compared with. */
  readonly base: string;
  /** Files that are not as they were there. */
  readonly files: number;
  /** What commands were contained by; with `none: <reason>` nothing was run, so that nothing can be reproduced. Null when there is no run. */
  readonly sandbox: string | null;
  /** Null unless it was reviewed. */
  readonly review: Review | null;
  readonly usage: Usage;
  /** True when a scripted model took part. */
  readonly simulated: boolean;
  /** Why it is not reviewed. */
  readonly code?: string;
  readonly message?: string;
}

export interface VerifyOptions {
  /** Measures everything again on the report's tree: in the run's own store where it is there, else in `directory`. */
  readonly rerun?: boolean;
  /** The folder that the report is about; default the working directory. */
  readonly directory?: string;
  /** The git revision that the report compares with; default HEAD, else the tree as found. */
  readonly base?: string;
  /** The head as it was published when the report was made. */
  readonly head?: string;
  /** The folder of the sealed tests that the report rests on; `rerun` needs it where it does. */
  readonly sealed?: string;
  readonly signal?: AbortSignal;
}

export interface PluginSummary {
  readonly id: string;
  readonly version: string;
  readonly status: string;
  /** `process`: held to its permissions, as far as `enforced` says. */
  readonly isolation: 'inline' | 'process';
  readonly enforced: PluginStatus['enforced'];
  readonly contributes: readonly string[];
  readonly permissions: PluginPermissions;
  /** Of its start, and of all its calls together. */
  readonly startMs: number;
  readonly callMs: number;
  readonly calls: number;
  readonly failures: number;
  /** Of its model calls. */
  readonly costUsd: number;
  /** The latest, and its code. */
  readonly error?: string;
  readonly code?: string;
}
