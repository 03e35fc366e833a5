import { choose } from '../src/feedback/choose.ts';
import type { Observation } from '../src/feedback/choose.ts';
import { createRandom } from '../src/feedback/random.ts';
import type { Random } from '../src/feedback/random.ts';
import { scaleOf, valueOf } from '../src/feedback/value.ts';
import type { Outcome, Scale } from '../src/feedback/value.ts';
import { lookedBack } from '../src/metrics-store.ts';

/** How runs of one option go in one context. */
interface Behaviour {
  readonly success: number;
  /** Mean number of visits again. */
  readonly rework: number;
  readonly latencyMs: number;
  readonly cost: number;
}

/** Contexts by how often they come, and what each option does there, by context and option. */
export interface Workload {
  readonly contexts: readonly number[];
  readonly behaviours: readonly (readonly Behaviour[])[];
  /** What they do from the middle on; default the same. */
  readonly later?: readonly (readonly Behaviour[])[];
}

export interface Simulated {
  /** Mean value of a run: what was chosen, the fixed choice, the best single choice in hindsight, the best in each context. */
  readonly chosen: number;
  readonly fixed: number;
  readonly bestFixed: number;
  readonly best: number;
  /** Share of runs with another option than the fixed one. */
  readonly others: number;
  /** The most that was ever lost against the fixed choice, as a share of what it would have earned until then, after 50 runs. */
  readonly worst: number;
}

/** Plays one workload; option 0 is the fixed choice. What is compared are expected values, so that luck does not count. */
export function simulate(workload: Workload, { runs, maxLoss, seed }: { readonly runs: number; readonly maxLoss: number; readonly seed: string }): Simulated {
  const random = createRandom(`workload ${seed}`);
  const options = workload.behaviours[0]!.map((_, index) => String(index));
  const { later = workload.behaviours } = workload;
  const valuesBefore = workload.behaviours.map((behaviours) => expectedValues(behaviours, random));
  const valuesLater = later === workload.behaviours ? valuesBefore : later.map((behaviours) => expectedValues(behaviours, random));
  const history: Played[] = [];
  const sums = { chosen: 0, best: 0, others: 0, worst: 0 };
  const byOption = options.map(() => 0);
  for (let run = 0; run < runs; run++) {
    const context = pick(workload.contexts, random);
    const seen = Map.groupBy(history.slice(-lookedBack), (one) => one.context);
    const past = workload.contexts.map((_, index) => valuesOf(seen.get(index) ?? []));
    const { option } = choose({ fixed: '0', options, observations: past[context]!, elsewhere: past.filter((_, other) => other !== context).flat(), maxLoss, seed: `${seed} ${run}` });
    const isLater = run >= runs / 2;
    history.push({ context, option, outcome: play((isLater ? later : workload.behaviours)[context]![Number(option)]!, random) });
    const values = (isLater ? valuesLater : valuesBefore)[context]!;
    for (const [index, value] of values.entries()) byOption[index]! += value;
    sums.chosen += values[Number(option)]!;
    sums.best += Math.max(...values);
    if (option !== '0') sums.others += 1;
    if (run >= 50) sums.worst = Math.max(sums.worst, 1 - sums.chosen / byOption[0]!);
  }
  return { chosen: sums.chosen / runs, fixed: byOption[0]! / runs, bestFixed: Math.max(...byOption) / runs, best: sums.best / runs, others: sums.others / runs, worst: sums.worst };
}

interface Played {
  readonly context: number;
  readonly option: string;
  readonly outcome: Outcome;
}

/** As the framework makes them of past runs. */
function valuesOf(history: readonly Played[]): readonly Observation[] {
  const scale = scaleOf(history.map(({ outcome }) => outcome));
  return history.map(({ option, outcome }) => ({ option, value: valueOf(outcome, scale) }));
}

function expectedValues(behaviours: readonly Behaviour[], random: Random): readonly number[] {
  // Equal behaviours have one sample, so that they are worth exactly the same.
  const samples = new Map([...new Set(behaviours)].map((behaviour) => [behaviour, Array.from({ length: 2_000 }, () => play(behaviour, random))]));
  const scale: Scale = scaleOf(samples.get(behaviours[0]!)!);
  return behaviours.map((behaviour) => samples.get(behaviour)!.reduce((sum, outcome) => sum + valueOf(outcome, scale), 0) / 2_000);
}

function play({ success, rework, latencyMs, cost }: Behaviour, random: Random): Outcome {
  let visits = 0;
  while (visits < 10 && random.uniform() < rework / (1 + rework)) visits += 1;
  const effort = (1 + visits) * Math.exp(0.5 * random.normal());
  return { success: random.uniform() < success, rework: visits, latencyMs: latencyMs * effort, cost: cost * effort };
}

function pick(shares: readonly number[], random: Random): number {
  let left = random.uniform() * shares.reduce((sum, share) => sum + share, 0);
  return Math.max(0, shares.findIndex((share) => (left -= share) < 0));
}

export interface Ranges {
  /** Most contexts and options. */
  readonly contexts: number;
  readonly options: number;
  /** Of the best option of a context, and what the others lack. */
  readonly success: readonly [least: number, most: number];
  readonly gap: readonly [least: number, most: number];
  /** Cheapest to dearest, as a factor. */
  readonly costs: number;
}

/** A workload in which each context has an option that fits it best, dearer ones being no better everywhere. */
export function drawWorkload(seed: string, { contexts, options, success, gap, costs }: Ranges): Workload {
  const random = createRandom(`draw ${seed}`);
  const between = ([least, most]: readonly [number, number]): number => least + (most - least) * random.uniform();
  const count = 2 + Math.floor(random.uniform() * (contexts - 1));
  const width = 2 + Math.floor(random.uniform() * (options - 1));
  return {
    contexts: Array.from({ length: count }, () => 0.5 + random.uniform()),
    behaviours: Array.from({ length: count }, (_, context) => {
      // Every option is the best one somewhere, so that no single choice is right.
      const fits = context < width ? context : Math.floor(random.uniform() * width);
      const top = between(success);
      return Array.from({ length: width }, (_unused, option) => ({
        success: Math.max(0.02, option === fits ? top : top - between(gap)),
        rework: option === fits ? 0.3 : 0.3 + random.uniform(),
        latencyMs: 60_000 * (1 + option * random.uniform()),
        cost: 1e8 * costs ** ((option + random.uniform()) / width),
      }));
    }),
  };
}

/** Nothing that is chosen makes a difference. */
export function drawNoise(seed: string, { contexts, options, success, costs }: Ranges): Workload {
  const { contexts: shares, behaviours } = drawWorkload(seed, { contexts, options, success, gap: [0, 0], costs });
  return { contexts: shares, behaviours: behaviours.map((some) => some.map(() => some[0]!)) };
}

/** The fixed choice is the best everywhere: whatever else is tried costs something. */
export function drawHarm(seed: string, ranges: Ranges): Workload {
  const { contexts, behaviours } = drawWorkload(seed, ranges);
  return { contexts, behaviours: behaviours.map((some) => some.toSorted((left, right) => right.success - left.success)) };
}

/** In the middle of it what was best everywhere else becomes the worst, and the fixed choice the best. */
export function drawTurn(seed: string, ranges: Ranges): Workload {
  const { contexts, behaviours } = drawWorkload(seed, ranges);
  return { contexts, behaviours: behaviours.map((some) => some.toSorted((left, right) => left.success - right.success)), later: drawHarm(seed, ranges).behaviours };
}
