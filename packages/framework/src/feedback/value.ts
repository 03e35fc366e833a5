/** What a run came to, as far as the policy is concerned. */
export interface Outcome {
  readonly success: boolean;
  /** Visits of states after their first one. */
  readonly rework: number;
  /** Of the work, without what people took to answer. */
  readonly latencyMs: number;
  /** In one unit for all runs that are compared: nano-USD, or tokens where there is no price. */
  readonly cost: number;
}

/** What half of the weight is taken off at: the middle of what such runs take. */
export interface Scale {
  readonly latencyMs: number;
  readonly cost: number;
}

/** How much of a success its cost, its time and its rework may take away; the rest is left to any success. */
const weights = { cost: 0.3, latency: 0.1, rework: 0.1 } as const;

/** From 0 to 1. A run that failed is worth nothing, so failing cheaply or fast is never learned. */
export function valueOf({ success, rework, latencyMs, cost }: Outcome, scale: Scale): number {
  if (!success) return 0;
  return 1 - weights.cost * share(cost, scale.cost) - weights.latency * share(latencyMs, scale.latencyMs) - weights.rework * share(rework, 1);
}

/** The median of each, so that one endless run does not move it. */
export function scaleOf(outcomes: readonly Outcome[]): Scale {
  return { latencyMs: median(outcomes.map(({ latencyMs }) => latencyMs)), cost: median(outcomes.map(({ cost }) => cost)) };
}

const share = (amount: number, middle: number): number => (amount <= 0 ? 0 : amount / (amount + middle));

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
