/** The median of paired ratios, after over before, with the bounds that a bootstrap puts it between 98 times in 100. */
export interface PairedRatio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const resamples = 2_000;

/** The same pairs always give the same: the bootstrap's randomness is seeded. */
export function pairedRatio(pairs: readonly (readonly [number, number])[]): PairedRatio {
  const ratios = pairs.map(([before, after]) => after / Math.max(before, Number.EPSILON));
  const random = seededRandom(1);
  const medians = Array.from({ length: resamples }, () => medianOf(ratios.map(() => ratios[Math.floor(random() * ratios.length)] ?? 1))).sort((left, right) => left - right);
  return { median: medianOf(ratios), low: medians[Math.floor(resamples * 0.01)] ?? 1, high: medians[Math.floor(resamples * 0.99)] ?? 1 };
}

/** Slower, as far as can be told apart from noise. */
export function isSlower({ median, low }: PairedRatio): boolean {
  return low > 1.02 && median > 1.05;
}

function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 1) : ((sorted[middle - 1] ?? 1) + (sorted[middle] ?? 1)) / 2;
}

/** A linear congruential generator (Numerical Recipes). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
