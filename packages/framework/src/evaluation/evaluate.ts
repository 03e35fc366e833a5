import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { FrameworkError } from '../framework-error.ts';
import type { Framework } from '../framework.ts';
import { checkTask } from './check-task.ts';
import type { TaskCheck } from './check-task.ts';
import { compareArms } from './compare.ts';
import type { Comparison } from './compare.ts';
import { openEvaluation } from './evaluation-book.ts';
import type { EvaluationBook, EvaluationRecord } from './evaluation-book.ts';
import { layOutTask } from './lay-out-task.ts';
import type { Suite, SuiteTask } from './read-suite.ts';
import { judgeGiven, runSample } from './run-sample.ts';
import type { Halt } from './run-sample.ts';
import type { Sample } from './sample.ts';
import { summarizeArm } from './summarize.ts';
import type { ArmResult } from './summarize.ts';

export interface EvaluateOptions {
  readonly suite: Suite;
  /** Absolute; that of the frameworks. */
  readonly home: string;
  /** New, or as it was read of an evaluation that goes on. */
  readonly record: EvaluationRecord;
  /** One for each arm of the record, in the mode `model`; they are left open. */
  readonly frameworks?: readonly Framework[];
  /** Runs and checks side by side; default the suite's, else 1. */
  readonly concurrency?: number;
  /** For the suite's tests. */
  readonly sandbox: 'required' | 'preferred' | 'off';
  /** Stops it; what is judged is kept. */
  readonly signal?: AbortSignal;
  readonly onCheck?: (check: TaskCheck) => void;
  readonly onSample?: (sample: Sample) => void;
}

/** What an evaluation found. */
export interface Evaluation {
  readonly version: 1;
  readonly id: string;
  readonly suite: { readonly name: string; readonly version: string; readonly folder: string };
  readonly mode: EvaluationRecord['mode'];
  /** Runs of each task. */
  readonly runs: number;
  readonly status: 'complete' | 'stopped';
  /** Why it was stopped; it can be resumed. */
  readonly stopped?: Halt['halt'];
  /** A scripted model took part: nothing about quality follows. */
  readonly simulated: boolean;
  /** Tasks that do not measure what they say; they are in no rate. */
  readonly excluded: readonly { readonly task: string; readonly reasons: readonly string[] }[];
  readonly arms: readonly ArmResult[];
  /** Present for two arms. */
  readonly comparison: Comparison | null;
}

const usualTimeoutMs = 30 * 60_000;

/** Whether each task's gold patch passes its tests, and no change does not. @throws the signal's reason when aborted. */
export async function checkSuite(options: Omit<EvaluateOptions, 'frameworks' | 'onSample'>): Promise<readonly TaskCheck[]> {
  const { home, record } = options;
  const book = await openEvaluation(home, record);
  try {
    return (await checkTasks(options, book, { again: true })).map(({ check }) => check);
  } finally {
    await book.remove();
  }
}

/**
 * Runs every task of the record as often as it says and judges what comes out. What is judged stays judged: the same
 * record again goes on where it was stopped, and pays nothing twice.
 * @throws FrameworkError `FW_EVALUATION_CHANGED` for a suite that is not the one it began with, `FW_EVALUATION_HELD`.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { suite, home, record, signal } = options;
  requireSame(suite, record);
  const book = await openEvaluation(home, record);
  const samples: Sample[] = [];
  let checked: readonly Checked[] = [];
  let halt: Halt['halt'] | undefined;
  try {
    checked = await checkTasks(options, book);
    halt = await runAll(options, book, checked.filter(({ check }) => check.status === 'ok'), samples);
    if (halt === undefined) await book.clear();
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    halt = { code: 'FW_EVALUATION_INTERRUPTED', message: 'It was interrupted.', exitCode: 130 };
  } finally {
    await book.close();
  }
  const tasks = checked.filter(({ check }) => check.status === 'ok').map(({ task }) => task);
  const arms = record.arms.map((arm) => summarizeArm(arm, tasks, samples, record.runs));
  return {
    version: 1, id: record.id, suite: { name: suite.name, version: suite.version, folder: suite.folder }, mode: record.mode, runs: record.runs,
    status: halt === undefined ? 'complete' : 'stopped', ...(halt && { stopped: halt }),
    simulated: arms.some((arm) => arm.simulated),
    excluded: checked.flatMap(({ check }) => (check.status === 'broken' ? [{ task: check.task, reasons: check.reasons }] : [])),
    arms,
    comparison: record.arms.length === 2 ? compareArms([record.arms[0]!, record.arms[1]!], samples) : null,
  };
}

interface Checked {
  readonly task: SuiteTask;
  readonly check: TaskCheck;
  readonly folders: Awaited<ReturnType<typeof layOutTask>>;
}

async function checkTasks({ suite, record, sandbox, signal, onCheck, concurrency = suite.defaults.concurrency ?? 1 }: EvaluateOptions, book: EvaluationBook, { again = false } = {}): Promise<readonly Checked[]> {
  const checked: Checked[] = [];
  await inParallel(suite.tasks.filter((task) => Object.hasOwn(record.tasks, task.id)), concurrency, async (task) => {
    signal?.throwIfAborted();
    const folders = await layOutTask(task, book.folderOf(task.id), signal);
    // A task that was once found to measure what it says does so until it or Node changes. A broken one may lack a package only.
    const name = `${task.digest}.${process.versions.node}`;
    const known = again ? undefined : await book.read<TaskCheck>(`check.${task.id}`) ?? await book.readShared<TaskCheck>(name);
    const check = known ?? await checkTask({ task, judged: folders.judged, storage: newStorage(book), sandbox, ...(signal && { signal }) });
    if (known === undefined) {
      await book.write(`check.${task.id}`, check);
      if (check.status === 'ok') await book.writeShared(name, check);
    }
    checked.push({ task, check, folders });
    onCheck?.(check);
    return true;
  });
  return checked.sort((left, right) => (left.task.id < right.task.id ? -1 : 1));
}

/** Runs of one task by both arms lie side by side, so that a service that gets worse does so for both. */
async function runAll(options: EvaluateOptions, book: EvaluationBook, tasks: readonly Checked[], samples: Sample[]): Promise<Halt['halt'] | undefined> {
  const { suite, record, frameworks = [], sandbox, signal, onSample, concurrency = suite.defaults.concurrency ?? 1 } = options;
  const repeats = Array.from({ length: record.runs }, (_, index) => index + 1);
  const planned = repeats.flatMap((repeat) => tasks.flatMap((checked) => record.arms.map((arm, index) => ({ ...checked, repeat, arm, framework: frameworks[index] }))));
  let halt: Halt['halt'] | undefined;
  await inParallel(planned, concurrency, async ({ task, check, folders, repeat, arm, framework }) => {
    signal?.throwIfAborted();
    const name = `sample.${arm}.${task.id}.${repeat}`;
    const known = await book.read<Sample>(name);
    const judging = { judged: folders.judged, storage: newStorage(book), sandbox, ...(signal && { signal }) };
    const shared = { arm, task, repeat, check, judging };
    const outcome = known ?? (framework === undefined
      ? await judgeGiven(shared, record.mode === 'gold' ? task.gold : '')
      : await runSample({ ...shared, evaluation: record.id, framework, repository: folders.repository, timeoutMs: task.timeoutMs ?? suite.defaults.timeoutMs ?? usualTimeoutMs }));
    if ('halt' in outcome) {
      halt ??= outcome.halt;
      return false;
    }
    if (known === undefined) await book.write(name, outcome);
    samples.push(outcome);
    onSample?.(outcome);
    return halt === undefined;
  });
  return halt;
}

/** Begins no further work once some said to stop, or failed; what is under way is waited for. */
async function inParallel<T>(items: readonly T[], concurrency: number, work: (item: T) => Promise<boolean>): Promise<void> {
  let next = 0;
  let goesOn = true;
  const worker = async (): Promise<void> => {
    while (goesOn && next < items.length) {
      const item = items[next++]!;
      try {
        if (!(await work(item))) goesOn = false;
      } catch (error) {
        goesOn = false;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

const newStorage = (book: EvaluationBook): string => path.join(book.scratch, randomUUID());

function requireSame(suite: Suite, record: EvaluationRecord): void {
  const changed = Object.entries(record.tasks).flatMap(([id, digest]) => (suite.tasks.find((task) => task.id === id)?.digest === digest ? [] : [id]));
  if (suite.folder !== record.suite) throw new FrameworkError('FW_EVALUATION_CHANGED', { message: `Evaluation "${record.id}" is of the suite ${record.suite}, not ${suite.folder}.` });
  if (changed.length > 0) throw new FrameworkError('FW_EVALUATION_CHANGED', { message: `The suite is not what evaluation "${record.id}" began with: ${changed.slice(0, 5).join(', ')} changed. Begin a new one.` });
}
