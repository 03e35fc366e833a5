/** A share with its 95 % confidence interval. */
export interface Rate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const z = 1.959963984540054;

/**
 * Wilson's score interval, which stays within 0 and 1 and has a width at 0 and at 1 as well (E. B. Wilson, "Probable
 * inference, the law of succession, and statistical inference", JASA 22, 1927; compared with others in L. Brown,
 * T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16, 2001).
 * @param total May be a fraction: an effective sample size.
 */
export function wilson(successes: number, total: number): Rate | null {
  if (total <= 0) return null;
  const p = successes / total;
  const spread = (z / (1 + z ** 2 / total)) * Math.sqrt((p * (1 - p)) / total + z ** 2 / (4 * total ** 2));
  const middle = (p + z ** 2 / (2 * total)) / (1 + z ** 2 / total);
  return { value: p, low: p === 0 ? 0 : Math.max(0, middle - spread), high: p === 1 ? 1 : Math.min(1, middle + spread) };
}

/**
 * The rate over all runs of several tasks. Runs of one task are alike, so they count for less than as many tasks: the
 * clustered variance (E. Miller, "Adding error bars to evals", arXiv:2411.00640, 2024) gives the number of independent
 * runs that would be as uncertain, and Wilson's interval is taken for that number (as N. Franco and others, Journal of
 * Survey Statistics and Methodology 7, 2019). It is never below the number of tasks nor above that of runs; where all
 * runs ended alike nothing is known about their likeness, and it is the number of tasks.
 */
export function clusteredRate(tasks: readonly { readonly solved: number; readonly runs: number }[]): Rate | null {
  const counted = tasks.filter(({ runs }) => runs > 0);
  const runs = sum(counted.map((task) => task.runs));
  if (runs === 0) return null;
  const p = sum(counted.map(({ solved }) => solved)) / runs;
  const effective = effectiveRuns(counted, runs, p);
  return wilson(p * effective, effective);
}

function effectiveRuns(tasks: readonly { readonly solved: number; readonly runs: number }[], runs: number, p: number): number {
  const count = tasks.length;
  if (runs === count) return runs;
  const residuals = sum(tasks.map((task) => (task.solved - task.runs * p) ** 2));
  if (count < 2 || p === 0 || p === 1) return count;
  const variance = (count / (count - 1)) * (residuals / runs ** 2);
  return variance === 0 ? runs : Math.min(runs, Math.max(count, (p * (1 - p)) / variance));
}

/** Mean of paired differences with the percentile interval of a bootstrap over tasks (B. Efron, 1979); the same each time. */
export function bootstrapMean(differences: readonly number[], { resamples = 10_000, seed = 1 }: { readonly resamples?: number; readonly seed?: number } = {}): Rate | null {
  const count = differences.length;
  if (count === 0) return null;
  const random = seededRandom(seed);
  const means = Array.from({ length: resamples }, () => {
    let total = 0;
    for (let drawn = 0; drawn < count; drawn += 1) total += differences[Math.floor(random() * count)] ?? 0;
    return total / count;
  }).sort((left, right) => left - right);
  const at = (share: number): number => means[Math.min(resamples - 1, Math.floor(share * resamples))] ?? 0;
  return { value: sum(differences) / count, low: at(0.025), high: at(0.975) };
}

/**
 * Two-sided exact test of paired differences in whole runs: how often chance alone, were every sign as likely as its
 * opposite, would give a sum at least as far from 0. With one run a task it is McNemar's exact test (Q. McNemar, 1947).
 */
export function signFlipTest(differences: readonly number[]): number {
  const sizes = differences.map(Math.abs).filter((size) => size > 0);
  const observed = Math.abs(sum(differences));
  let chances = new Map([[0, 1]]);
  for (const size of sizes) {
    const next = new Map<number, number>();
    for (const [total, chance] of chances) {
      for (const sign of [-1, 1]) next.set(total + sign * size, (next.get(total + sign * size) ?? 0) + chance / 2);
    }
    chances = next;
  }
  return Math.min(1, sum([...chances].flatMap(([total, chance]) => (Math.abs(total) >= observed ? [chance] : []))));
}

/** Mulberry32 (T. Ettinger, public domain): small, and the same on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
