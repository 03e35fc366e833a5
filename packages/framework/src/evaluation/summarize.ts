import { addUsage, noUsage } from '@fw/models';
import type { Usage } from '@fw/models';
import type { RunCounts } from '../run-counts.ts';
import type { SuiteTask } from './read-suite.ts';
import type { Sample } from './sample.ts';
import { clusteredRate, wilson } from './statistics.ts';
import type { Rate } from './statistics.ts';

/** What one configuration reached. */
export interface ArmResult {
  /** `a`, or `b` for the one it is compared with; `gold` or `empty` without a model. */
  readonly arm: string;
  /** Models that answered, as `provider/model@version`. */
  readonly models: readonly string[];
  /** A scripted model took part: nothing about quality follows. */
  readonly simulated: boolean;
  /** Judged runs; less than asked for when the evaluation was stopped. */
  readonly runs: number;
  readonly solved: number;
  /** Share of solved runs; its interval knows that runs of one task are alike. */
  readonly passAt1: Rate | null;
  /** Share of tasks of which every run, or any run, is solved; of tasks that have all their runs. */
  readonly allOfK: Rate | null;
  readonly anyOfK: Rate | null;
  readonly usage: Usage;
  /** All that was spent, by solved runs; null when none is. */
  readonly costPerSolvedNanoUsd: number | 'unknown' | null;
  /** Mean of a run, from its first to its last journal entry. */
  readonly meanWallMs: number | null;
  /** What the gate said against what the suite's tests say; null without a model. */
  readonly gate: { readonly accepted: number; readonly acceptedUnsolved: number; readonly refused: number; readonly refusedSolved: number } | null;
  readonly counts: Omit<RunCounts, 'models'>;
  /** Runs by the exit code of `fw run`, and unsolved ones by why. */
  readonly exitCodes: { readonly [exitCode: string]: number };
  readonly unsolved: { readonly [code: string]: number };
  readonly tasks: readonly TaskResult[];
}

export interface TaskResult {
  readonly task: string;
  readonly tags: readonly string[];
  readonly runs: number;
  readonly solved: number;
  readonly rate: Rate | null;
  readonly usage: Usage;
  readonly samples: readonly Sample[];
}

export function summarizeArm(arm: string, tasks: readonly SuiteTask[], samples: readonly Sample[], runs: number): ArmResult {
  const own = samples.filter((sample) => sample.arm === arm);
  const results = tasks.map((task) => summarizeTask(task, own.filter((sample) => sample.task === task.id)));
  const whole = results.filter((task) => task.runs === runs);
  const solved = own.filter((sample) => sample.solved).length;
  const usage = usageOf(own);
  return {
    arm,
    models: [...new Set(own.flatMap((sample) => sample.counts.models))].sort(),
    simulated: own.some((sample) => sample.simulated),
    runs: own.length, solved,
    passAt1: clusteredRate(results),
    allOfK: wilson(whole.filter((task) => task.solved === runs).length, whole.length),
    anyOfK: wilson(whole.filter((task) => task.solved > 0).length, whole.length),
    usage,
    costPerSolvedNanoUsd: solved === 0 ? null : usage.costNanoUsd === 'unknown' ? 'unknown' : Math.ceil(usage.costNanoUsd / solved),
    meanWallMs: own.length === 0 ? null : Math.round(sum(own.map((sample) => sample.wallMs)) / own.length),
    gate: own.every((sample) => sample.run === null) ? null : {
      accepted: own.filter((sample) => sample.gate === 'accepted').length,
      acceptedUnsolved: own.filter((sample) => sample.gate === 'accepted' && !sample.solved).length,
      refused: own.filter((sample) => sample.gate === 'refused').length,
      refusedSolved: own.filter((sample) => sample.refusedSolved).length,
    },
    counts: sumCounts(own.map((sample) => sample.counts)),
    exitCodes: tally(own.map((sample) => String(sample.exitCode))),
    unsolved: tally(own.flatMap((sample) => (sample.solved ? [] : [sample.code ?? 'unknown']))),
    tasks: results,
  };
}

function summarizeTask(task: SuiteTask, samples: readonly Sample[]): TaskResult {
  const solved = samples.filter((sample) => sample.solved).length;
  const ordered = [...samples].sort((left, right) => left.repeat - right.repeat);
  return { task: task.id, tags: task.tags ?? [], runs: samples.length, solved, rate: wilson(solved, samples.length), usage: usageOf(samples), samples: ordered };
}

function sumCounts(counts: readonly RunCounts[]): Omit<RunCounts, 'models'> {
  const total = (read: (one: RunCounts) => number): number => sum(counts.map(read));
  const stuck: Record<string, number> = {};
  for (const [rule, times] of counts.flatMap((one) => Object.entries(one.stuck))) stuck[rule] = (stuck[rule] ?? 0) + times;
  return {
    modelCalls: total((one) => one.modelCalls), toolCalls: total((one) => one.toolCalls), formatFailures: total((one) => one.formatFailures),
    refusedSubmissions: total((one) => one.refusedSubmissions), notExecuted: total((one) => one.notExecuted), stuck,
  };
}

function tally(names: readonly string[]): { readonly [name: string]: number } {
  return Object.fromEntries(Object.entries(Object.groupBy(names, (name) => name)).map(([name, all]) => [name, all?.length ?? 0]));
}

const usageOf = (samples: readonly Sample[]): Usage => samples.reduce((total, sample) => addUsage(total, sample.usage), noUsage);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
