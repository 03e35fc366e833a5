import type { Task } from '@fw/agents-core';
import type { Config } from '../config.ts';
import { withPresentLimits } from '../run-limits.ts';
import type { RunReceipt } from './receipts.ts';

/** One limit of a run with what was used against it. */
export interface LimitUse {
  /** `run tokens`, `run cost`, or a model and its limit. */
  readonly name: string;
  readonly unit: 'tokens' | 'nanoUsd' | 'requests';
  readonly limit: number;
  /** What it is counted over. */
  readonly window: 'run' | 'minute' | 'day';
  /** Of the run so far; of a minute or a day the most that any had. */
  readonly used: number;
  /** True where a price or a count was not known: it may be more. */
  readonly isLeast: boolean;
  /** Epoch milliseconds and what was used then, as far as this run alone goes. */
  readonly points: readonly (readonly [at: number, used: number])[];
}

/** What a budget or limit counts of one receipt; undefined where that is not known. */
type Count = (receipt: RunReceipt) => number | undefined;

const tokens: Count = ({ usage }) => usage.inputTokens + usage.outputTokens;
const cost: Count = ({ usage }) => (usage.costNanoUsd === 'unknown' ? undefined : usage.costNanoUsd);
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const modelLimits: { readonly [limit: string]: { readonly unit: LimitUse['unit']; readonly window: 'minute' | 'day'; readonly count: Count } } = {
  requestsPerMinute: { unit: 'requests', window: 'minute', count: () => 1 },
  requestsPerDay: { unit: 'requests', window: 'day', count: () => 1 },
  tokensPerMinute: { unit: 'tokens', window: 'minute', count: tokens },
  tokensPerDay: { unit: 'tokens', window: 'day', count: tokens },
  inputTokensPerMinute: { unit: 'tokens', window: 'minute', count: ({ usage }) => usage.inputTokens },
  outputTokensPerMinute: { unit: 'tokens', window: 'minute', count: ({ usage }) => usage.outputTokens },
};

/** Every limit that a run's config and task name, with what its receipts say was used. */
export function readLimitUse(receipts: readonly RunReceipt[], config: Config, task: Task): readonly LimitUse[] {
  const { budgets, models = {} } = withPresentLimits(config, {}, task);
  const sent = receipts.filter((receipt) => receipt.sent !== false).sort((left, right) => left.startedAt - right.startedAt);
  const run = budgets?.run;
  return [
    ...(run?.tokens === undefined ? [] : [limitUse('run tokens', 'tokens', run.tokens, 'run', sent, tokens)]),
    ...(run?.usd === undefined ? [] : [limitUse('run cost', 'nanoUsd', Math.round(run.usd * 1e9), 'run', sent, cost)]),
    ...Object.entries(models).flatMap(([alias, { use, limits = {} }]) => {
      const own = sent.filter(({ model }) => model === use || model.startsWith(`${use}@`));
      return Object.entries(limits).flatMap(([name, limit]) => {
        const known = Object.hasOwn(modelLimits, name) ? modelLimits[name] : undefined;
        return known === undefined ? [] : [limitUse(`${alias} ${name}`, known.unit, limit, known.window, own, known.count)];
      });
    }),
  ];
}

function limitUse(name: string, unit: LimitUse['unit'], limit: number, window: LimitUse['window'], receipts: readonly RunReceipt[], count: Count): LimitUse {
  const span = window === 'run' ? Infinity : window === 'minute' ? minuteMs : dayMs;
  const counts = receipts.map((receipt) => count(receipt));
  const points: [number, number][] = [];
  let sum = 0;
  let oldest = 0;
  for (const [index, receipt] of receipts.entries()) {
    sum += counts[index] ?? 0;
    for (; receipts[oldest]!.startedAt <= receipt.startedAt - span; oldest += 1) sum -= counts[oldest] ?? 0;
    points.push([receipt.startedAt + (window === 'run' ? receipt.durationMs : 0), sum]);
  }
  return { name, unit, limit, window, used: points.reduce((most, [, used]) => Math.max(most, used), 0), isLeast: counts.includes(undefined), points: thinOut(points) };
}

const mostPoints = 500;

/** As many as a chart can show, the last one among them. */
function thinOut<T>(points: readonly T[]): readonly T[] {
  const every = Math.ceil(points.length / mostPoints);
  return every <= 1 ? points : points.filter((_, index) => index % every === 0 || index === points.length - 1);
}
