import type { Usage } from './usage.ts';

/** What a model costs. */
export interface ModelPrice {
  readonly usdPerMillion: TokenPrices;
  /** For requests with more input than so many tokens these prices hold for the whole request. */
  readonly longContext?: readonly { readonly aboveInputTokens: number; readonly usdPerMillion: TokenPrices }[] | undefined;
}

/** USD for a million tokens of each kind. Cached input without a price of its own costs what input costs. */
export interface TokenPrices {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
}

/** The cost in nano-USD, a whole number, rounded up. */
export function costOf(price: ModelPrice, usage: Pick<Usage, 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'>): number {
  let rates = price.usdPerMillion;
  let from = -1;
  for (const tier of price.longContext ?? []) {
    if (usage.inputTokens > tier.aboveInputTokens && tier.aboveInputTokens > from) [rates, from] = [tier.usdPerMillion, tier.aboveInputTokens];
  }
  const plain = Math.max(0, usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens);
  return total([
    [plain, rates.input],
    [usage.cacheReadTokens, rates.cacheRead ?? rates.input],
    [usage.cacheWriteTokens, rates.cacheWrite ?? rates.input],
    [usage.outputTokens, rates.output],
  ]);
}

/** The most that so many tokens can cost, whatever of them is cached and whichever tier holds. */
export function highestCost(price: ModelPrice, tokens: { readonly inputTokens: number; readonly outputTokens: number }): number {
  const tiers = [price.usdPerMillion, ...(price.longContext ?? []).map((tier) => tier.usdPerMillion)];
  return Math.max(
    ...tiers.map((rates) => total([
      [tokens.inputTokens, Math.max(rates.input, rates.cacheRead ?? 0, rates.cacheWrite ?? 0)],
      [tokens.outputTokens, rates.output],
    ])),
  );
}

const million = 1_000_000n;

/** Exact: tokens times a price leaves the range of safe integers before it is divided. */
function total(items: readonly (readonly [tokens: number, usdPerMillion: number])[]): number {
  let sum = 0n;
  for (const [tokens, usdPerMillion] of items) {
    if (tokens > 0 && usdPerMillion > 0) sum += BigInt(Math.ceil(tokens)) * BigInt(Math.round(usdPerMillion * 1e9));
  }
  return Number((sum + million - 1n) / million);
}
