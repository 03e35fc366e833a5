/** What one call used, in one normal form for every provider. */
export interface Usage {
  /** All prompt tokens, cached ones included. */
  readonly inputTokens: number;
  /** All generated tokens, reasoning included. */
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  /** True when the provider did not say and we counted. */
  readonly estimated: boolean;
  /** Integer nano-USD (1 USD = 1e9); `unknown` when there is no price, never 0 for that. */
  readonly costNanoUsd: number | 'unknown';
}

/** What one round of an answer used, where a service works in several, perhaps with other models. */
export interface UsageRound extends Pick<Usage, 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'> {
  /** The service's own name; absent for the model that was asked. */
  readonly model?: string;
}

/** No tokens, no cost. */
export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 0 };

/** Sums usage; one unknown cost makes the sum unknown. */
export function addUsage(left: Usage, right: Usage): Usage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    reasoningTokens: left.reasoningTokens + right.reasoningTokens,
    estimated: left.estimated || right.estimated,
    costNanoUsd: left.costNanoUsd === 'unknown' || right.costNanoUsd === 'unknown' ? 'unknown' : left.costNanoUsd + right.costNanoUsd,
  };
}
