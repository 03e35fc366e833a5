import { readFile } from 'node:fs/promises';
import { noUsage } from '@fw/models';
import type { Task } from '@fw/agents-core';
import { exitCodeOf } from '../exit-code.ts';
import type { Framework, Run, RunResult } from '../framework.ts';
import type { RunReport } from '../report.ts';
import { judgePatch } from './check-task.ts';
import type { TaskCheck, Verdict } from './check-task.ts';
import type { JudgePatchOptions } from './judge-patch.ts';
import type { SuiteTask } from './read-suite.ts';
import { noCounts } from './sample.ts';
import type { Sample } from './sample.ts';

export interface RunSampleOptions {
  readonly evaluation: string;
  readonly arm: string;
  readonly framework: Framework;
  readonly task: SuiteTask;
  readonly repeat: number;
  /** What the agents begin with. */
  readonly repository: string;
  readonly check: TaskCheck;
  readonly judging: Omit<JudgePatchOptions, 'patch' | 'task' | 'timeoutMs'>;
  readonly timeoutMs: number;
}

/** Ends the whole evaluation, which can be resumed: no more can be paid, or nobody answers. */
export interface Halt {
  readonly halt: { readonly code: string; readonly message: string; readonly exitCode: number };
}

const timeoutCode = 'FW_EVALUATION_TIMEOUT';

/** Runs a task once, or goes on with a run that was begun, and judges the patch that it hands over. */
export async function runSample(options: RunSampleOptions): Promise<Sample | Halt> {
  const { evaluation, arm, task, repeat, judging, check } = options;
  const id = `${evaluation}.${arm}.${task.id}.${repeat}`;
  const result = await withinTime(await beginRun(id, options), options.timeoutMs, judging.signal);
  const halt = haltOf(result);
  if (halt !== undefined) return { halt };
  const report = JSON.parse(await readFile(result.report!, 'utf8')) as RunReport;
  const judge = async (file: string): Promise<Verdict> => judgePatch({ ...judging, task, patch: await readFile(file, 'utf8') }, check);
  const verdict = result.patch === null ? notSolved(result) : await judge(result.patch);
  const refused = report.rejected === null ? undefined : await judge(report.rejected);
  return {
    arm, task: task.id, repeat, run: id, status: result.status, exitCode: exitCodeOf(result),
    solved: verdict.solved, ...(!verdict.solved && { code: verdict.code, message: verdict.message.slice(0, 2_000) }),
    gate: result.status === 'success' ? 'accepted' : report.rejected === null ? null : 'refused',
    refusedSolved: refused?.solved === true,
    simulated: result.simulated, usage: result.usage, wallMs: Math.max(0, report.endedAt - report.startedAt), counts: report.counts,
  };
}

/** A patch of the suite, or none, in place of a run. */
export async function judgeGiven(options: Pick<RunSampleOptions, 'arm' | 'task' | 'repeat' | 'check' | 'judging'>, patch: string): Promise<Sample> {
  const { arm, task, repeat, check, judging } = options;
  const startedAt = Date.now();
  const verdict = await judgePatch({ ...judging, task, patch }, check);
  return {
    arm, task: task.id, repeat, run: null, status: 'success', exitCode: 0,
    solved: verdict.solved, ...(!verdict.solved && { code: verdict.code, message: verdict.message.slice(0, 2_000) }),
    gate: null, refusedSolved: false, simulated: false, usage: noUsage, wallMs: Date.now() - startedAt, counts: noCounts,
  };
}

async function beginRun(id: string, { evaluation, framework, task, repository }: RunSampleOptions): Promise<Run> {
  const isThere = await framework.show(id).then(() => true, (error: { readonly code?: unknown }) => {
    if (error.code === 'FW_RUN_UNKNOWN') return false;
    throw error;
  });
  if (isThere) return framework.resume(id);
  const { goal, acceptance, constraints } = task;
  const given: Task = { specVersion: 1, id: task.id, goal, ...(acceptance && { acceptance }), ...(constraints && { constraints }) };
  return framework.start(given, { id, workspace: repository, evaluation });
}

async function withinTime(run: Run, timeoutMs: number, signal: AbortSignal | undefined): Promise<RunResult> {
  let stop: () => void = () => undefined;
  // A framework that is closed lets go of its runs; nobody waits for their results then.
  const stopped = new Promise<never>((_resolve, reject) => { stop = () => { reject(signal?.reason as Error); }; });
  const timer = setTimeout(() => { void run.cancel(`${timeoutCode}: The time limit of ${timeoutMs / 1_000} s has passed.`).catch(() => undefined); }, timeoutMs);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    return await Promise.race([run.result(), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function haltOf(result: RunResult): Halt['halt'] | undefined {
  const { status, code = '', message = '' } = result;
  if (status !== 'waiting') return undefined;
  const exitCode = exitCodeOf(result);
  // The budget of one run is that run's affair.
  if (code === 'FW_MODEL_BUDGET' && !message.includes('"evaluation"')) return undefined;
  return exitCode === 5 || exitCode === 6 ? { code, message, exitCode } : undefined;
}

function notSolved({ status, code, message }: RunResult): { readonly solved: false; readonly code: string; readonly message: string } {
  if (status === 'success') return { solved: false, code: 'no-patch', message: 'The run changed nothing.' };
  const isLate = status === 'cancelled' && message?.includes(timeoutCode) === true;
  return { solved: false, code: isLate ? timeoutCode : code ?? `run-${status}`, message: (message ?? `The run ended ${status}.`).replace(`${timeoutCode}: `, '') };
}
