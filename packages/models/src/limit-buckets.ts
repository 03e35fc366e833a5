import type { BucketDemand } from './limit-store.ts';
import type { Learned, LearnedName } from './rate-headers.ts';
import type { Attempt } from './receipt.ts';
import type { ModelLimits } from './registry-config.ts';
import type { TokenEstimate } from './token-estimator.ts';

type BucketName = LearnedName | 'requestsPerDay' | 'tokensPerDay';

const secondsOf = Object.entries({
  requestsPerMinute: 60,
  inputTokensPerMinute: 60,
  outputTokensPerMinute: 60,
  tokensPerMinute: 60,
  requestsPerDay: 86_400,
  tokensPerDay: 86_400,
} satisfies Readonly<Record<BucketName, number>>) as readonly (readonly [BucketName, number])[];

/** What a request takes of each bucket. A limit that the service named counts where it is the lower one. */
export function bucketDemands(limits: ModelLimits, learned: Learned, estimate: TokenEstimate): readonly BucketDemand[] {
  const demands: BucketDemand[] = [];
  for (const [name, seconds] of secondsOf) {
    const said = learned.get(name as LearnedName);
    const limit = Math.min(limits[name] ?? Infinity, said?.perMinute ?? Infinity);
    if (!Number.isFinite(limit)) continue;
    const burst = name === 'requestsPerMinute' ? (limits.burst ?? Infinity) : Infinity;
    // A service that names its limit but not its burst has shown it by the most that it ever had left.
    const shown = limits[name] === undefined && said !== undefined && said.mostLeft > 0 ? said.mostLeft + 1 : Infinity;
    demands.push({ name, capacity: Math.min(limit, burst, shown), perSecond: limit / seconds, amount: amountOf(name, estimate) });
  }
  return demands;
}

/** What was used of each bucket. Estimates stay as they were reserved, and what was never sent used nothing. */
export function usedOf(sent: readonly Attempt[], estimate: TokenEstimate, limits: ModelLimits): { readonly [bucket: string]: number } {
  const requests = { requestsPerMinute: sent.length, requestsPerDay: sent.length };
  let [input, output] = [0, 0];
  for (const { usage } of sent) {
    const cached = limits.countCachedInput === false ? usage.cacheReadTokens : 0;
    input += usage.estimated ? estimate.inputTokens : usage.inputTokens - cached;
    output += usage.estimated ? estimate.outputTokens : usage.outputTokens;
  }
  return { ...requests, inputTokensPerMinute: input, outputTokensPerMinute: output, tokensPerMinute: input + output, tokensPerDay: input + output };
}

function amountOf(name: BucketName, { inputTokens, outputTokens }: TokenEstimate): number {
  if (name === 'requestsPerMinute' || name === 'requestsPerDay') return 1;
  if (name === 'inputTokensPerMinute') return inputTokens;
  return name === 'outputTokensPerMinute' ? outputTokens : inputTokens + outputTokens;
}
