import { valuesOf } from './decide.ts';
import type { KnobDecision, PastRun } from './decide.ts';

/** A run of the past with what was decided for it. */
export interface DecidedRun extends PastRun {
  readonly workspace: string;
  readonly knobs: readonly Pick<KnobDecision, 'knob' | 'fixed' | 'chosen' | 'applied' | 'numbers'>[];
}

/** What the policy did with one knob in one workspace, and what that brought. */
export interface FeedbackEffect {
  readonly workspace: string;
  readonly knob: string;
  readonly runs: number;
  /** Runs for which another option than the fixed one was chosen, and those in which it was done. */
  readonly chosen: number;
  readonly changed: number;
  readonly options: readonly OptionEffect[];
  /**
   * Mean value of the changed runs less that of the others of the same context, and its standard error; null before there are two of
   * each. Value is from 0 to 1, see docs/feedback.md.
   */
  readonly brought: { readonly value: number; readonly error: number } | null;
  /** Options that rest in some context because they did worse. */
  readonly rolledBack: readonly { readonly context: string; readonly option: string; readonly restsFor: number }[];
}

export interface OptionEffect {
  readonly option: string;
  readonly runs: number;
  readonly success: number;
  readonly rework: number;
  readonly meanMs: number;
  readonly value: number;
}

/** One for each workspace and knob that something was chosen for; runs oldest first. */
export function effectsOf(past: readonly DecidedRun[]): readonly FeedbackEffect[] {
  return [...Map.groupBy(past, ({ workspace }) => workspace)].flatMap(([workspace, runs]) => {
    const values = new Map(valuesOf(runs).map(({ run, value }) => [run, value]));
    const names = [...new Set(runs.flatMap(({ knobs }) => knobs.map(({ knob }) => knob)))].sort();
    return names.map((knob) => effectOf(workspace, knob, runs.filter((run) => values.has(run)), values));
  });
}

function effectOf(workspace: string, knob: string, runs: readonly DecidedRun[], values: ReadonlyMap<DecidedRun, number>): FeedbackEffect {
  const decided = runs.flatMap((run) => run.knobs.filter((one) => one.knob === knob).map((decision) => ({ run, decision })));
  const changed = decided.filter(({ decision }) => decision.applied !== decision.fixed).map(({ run }) => run);
  const newest = new Map(decided.map(({ run, decision }) => [run.context, decision]));
  const byOption = Map.groupBy(runs, (run) => run.options[knob] ?? '');
  return {
    workspace, knob, runs: decided.length, changed: changed.length,
    chosen: decided.filter(({ decision }) => decision.chosen !== decision.fixed).length,
    options: [...byOption].filter(([option]) => option !== '').map(([option, some]) => ({
      option, runs: some.length, success: round(mean(some.map(({ outcome }) => (outcome!.success ? 1 : 0)))), rework: round(mean(some.map(({ outcome }) => outcome!.rework))),
      meanMs: Math.round(mean(some.map(({ outcome }) => outcome!.latencyMs))), value: round(mean(some.map((run) => values.get(run)!))),
    })),
    brought: compare(changed, runs.filter((run) => !changed.includes(run) && decided.some((one) => one.run === run)), values),
    rolledBack: [...newest].flatMap(([context, { numbers }]) => numbers.flatMap(({ option, restsFor }) => (restsFor === undefined ? [] : [{ context, option, restsFor }]))),
  };
}

/** Within contexts, weighted by the changed runs: a policy that changes only what is easy gains nothing by that. */
function compare(changed: readonly DecidedRun[], others: readonly DecidedRun[], values: ReadonlyMap<DecidedRun, number>): FeedbackEffect['brought'] {
  const base = Map.groupBy(others, ({ context }) => context);
  const strata = [...Map.groupBy(changed, ({ context }) => context)].flatMap(([context, some]) => {
    const left = some.map((run) => values.get(run)!);
    const right = (base.get(context) ?? []).map((run) => values.get(run)!);
    return left.length < 2 || right.length < 2 ? [] : [{ weight: left.length, difference: mean(left) - mean(right), variance: variance(left) / left.length + variance(right) / right.length }];
  });
  const total = strata.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return null;
  const value = strata.reduce((sum, { weight, difference }) => sum + difference * weight, 0) / total;
  return { value: round(value), error: round(Math.sqrt(strata.reduce((sum, one) => sum + one.variance * (one.weight / total) ** 2, 0))) };
}

const mean = (numbers: readonly number[]): number => (numbers.length === 0 ? 0 : numbers.reduce((sum, number) => sum + number, 0) / numbers.length);
const variance = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + (number - mean(numbers)) ** 2, 0) / Math.max(1, numbers.length - 1);
const round = (number: number): number => Math.round(number * 10_000) / 10_000;
