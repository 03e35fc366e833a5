import { createRandom } from './random.ts';

/** What one run with one option was worth, from 0 to 1. */
export interface Observation {
  readonly option: string;
  readonly value: number;
}

export interface ChooseOptions {
  /** What is done without a policy; one of `options`. */
  readonly fixed: string;
  readonly options: readonly string[];
  /** Of this context, oldest first. */
  readonly observations: readonly Observation[];
  /** Of the other contexts: where this one has said little yet, they are what is believed. */
  readonly elsewhere: readonly Observation[];
  /** Share of the fixed choice's value that may be lost. */
  readonly maxLoss: number;
  /** Runs of other options that have not ended yet, here or in another process: until they do, each counts as a failure. Default 0. */
  readonly underWay?: number;
  readonly seed: string;
}

/** `observing`: too few runs of the fixed choice; `control`: kept for comparison; `unsafe`: the option drawn could lose too much; `resting`: every other option was rolled back. */
export type Reason = 'only-option' | 'observing' | 'control' | 'best' | 'unsafe' | 'resting';

export interface OptionNumbers {
  readonly option: string;
  /** Runs with it that count. */
  readonly runs: number;
  readonly mean: number;
  /** What its value is believed to be, and how sure that is. */
  readonly belief: number;
  readonly spread: number;
  readonly drawn: number;
  /** It did worse than the fixed choice and is not chosen for so many more runs. */
  readonly restsFor?: number;
}

export interface Choice {
  readonly option: string;
  readonly reason: Reason;
  /** What has been earned above what may be lost; an option that could bring it below 0 is not chosen. */
  readonly margin: number;
  readonly numbers: readonly OptionNumbers[];
}

/** Runs of the fixed choice before anything else is tried. */
export const leastFixedRuns = 10;
/** Among so many runs one is made with the fixed choice in any case: what the others are compared with stays fresh. */
export const controlEvery = 20;
/** How far the fixed choice is looked back on. */
const window = 40;
/** Runs of an option before it can be rolled back. */
const leastForRollback = 8;
/** Standard errors below the fixed choice. */
const worseBy = 2.33;
const restRuns = 60;
/** Runs that what is believed beforehand counts for. */
const priorRuns = 3;
const leastSpread = 0.1;

/**
 * Thompson sampling with a safety constraint: an option is drawn by what is believed of it, and taken only while all that was earned, the
 * next run counted as a failure, stays at `1 - maxLoss` of what the fixed choice would have earned; see docs/feedback.md for the papers.
 * An option that does worse than the fixed choice is rolled back. Pure: the same arguments give the same choice.
 */
export function choose({ fixed, options, observations, elsewhere, maxLoss, underWay = 0, seed }: ChooseOptions): Choice {
  const { believed, rests } = rollBack(observations, fixed);
  const own = Map.groupBy(believed, ({ option }) => option);
  const others = Map.groupBy(elsewhere, ({ option }) => option);
  const fixedRuns = own.get(fixed) ?? [];
  const random = createRandom(seed);
  const spreadOfOne = Math.max(leastSpread, deviation([...observations, ...elsewhere].map(({ value }) => value)));
  const overall = believe(others.get(fixed) ?? [], 0.5).belief;
  const numbers = [fixed, ...options.filter((option) => option !== fixed)].map((option): OptionNumbers => {
    const runs = own.get(option) ?? [];
    // An option of which nothing is known is believed to be as good as the fixed one.
    const before = believe(others.get(option) ?? [], overall).belief;
    const { belief, weight } = believe(runs, option === fixed || (others.get(option) ?? []).length > 0 ? before : believe(fixedRuns, before).belief);
    const spread = spreadOfOne / Math.sqrt(weight);
    const rest = rests.get(option) ?? 0;
    return { option, runs: runs.length, mean: round(meanOf(runs)), belief: round(belief), spread: round(spread), drawn: round(belief + spread * random.normal()), ...(rest > 0 && { restsFor: rest }) };
  });
  const margin = marginOf(observations, fixed, maxLoss, underWay + 1);
  const answer = (option: string, reason: Reason): Choice => ({ option, reason, margin: round(margin), numbers });

  if (options.every((option) => option === fixed)) return answer(fixed, 'only-option');
  if (fixedRuns.length < leastFixedRuns) return answer(fixed, 'observing');
  if (observations.slice(1 - controlEvery).every(({ option }) => option !== fixed)) return answer(fixed, 'control');
  const able = numbers.filter(({ restsFor }) => restsFor === undefined);
  if (able.length === 1) return answer(fixed, 'resting');
  const drawn = able.reduce((best, one) => (one.drawn > best.drawn ? one : best)).option;
  if (drawn === fixed) return answer(fixed, 'best');
  return margin < 0 ? answer(fixed, 'unsafe') : answer(drawn, 'best');
}

/** What is left when the next runs are worth nothing: earned so far, less what of the fixed choice's value has to be kept. */
function marginOf(observations: readonly Observation[], fixed: string, maxLoss: number, next: number): number {
  const earned = observations.reduce((sum, { value }) => sum + value, 0);
  const level = meanOf(observations.filter(({ option }) => option === fixed));
  return earned - (1 - maxLoss) * (observations.length + next) * level;
}

/**
 * Goes through the runs in order. Where an option is clearly worse than the fixed choice was lately, it is rolled back: it rests, twice
 * as long each time, and comes back as one of which nothing is known here. What it lost stays in the books.
 */
function rollBack(observations: readonly Observation[], fixed: string): { readonly believed: readonly Observation[]; readonly rests: ReadonlyMap<string, number> } {
  const rests = new Map<string, number>();
  const times = new Map<string, number>();
  const kept = new Map<string, Observation[]>();
  for (const observation of observations) {
    const { option } = observation;
    for (const [resting, left] of rests) {
      if (left > 1) rests.set(resting, left - 1);
      else rests.delete(resting);
    }
    const runs = kept.get(option) ?? [];
    kept.set(option, runs);
    runs.push(observation);
    if (option === fixed || !isWorse(runs.slice(-window), (kept.get(fixed) ?? []).slice(-window))) continue;
    rests.set(option, restRuns * 2 ** (times.get(option) ?? 0));
    times.set(option, (times.get(option) ?? 0) + 1);
    kept.delete(option);
  }
  return { believed: [...kept.values()].flat(), rests };
}

/** Welch's comparison, with a floor under what values spread. */
function isWorse(runs: readonly Observation[], base: readonly Observation[]): boolean {
  if (Math.min(runs.length, base.length) < leastForRollback) return false;
  const error = Math.hypot(...[runs, base].map((some) => Math.max(deviation(some.map(({ value }) => value)), leastSpread) / Math.sqrt(some.length)));
  return meanOf(runs) < meanOf(base) - worseBy * error;
}

function believe(runs: readonly Observation[], before: number): { readonly belief: number; readonly weight: number } {
  const weight = runs.length + priorRuns;
  return { belief: (runs.reduce((sum, { value }) => sum + value, 0) + priorRuns * before) / weight, weight };
}

const meanOf = (runs: readonly Observation[]): number => average(runs.map(({ value }) => value));
const average = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length);

function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = average(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

const round = (number: number): number => Math.round(number * 10_000) / 10_000;
