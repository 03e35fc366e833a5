import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { bundledPrices, createModel } from '../src/index.ts';
import type { ModelPrice, ModelProvider, Usage } from '../src/index.ts';
import { costOf, highestCost } from '../src/price.ts';
import { hello } from './failing-models.ts';

const price: ModelPrice = {
  usdPerMillion: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
  longContext: [{ aboveInputTokens: 200_000, usdPerMillion: { input: 6, output: 22.5, cacheRead: 0.6, cacheWrite: 7.5 } }],
};

function used(inputTokens: number, outputTokens: number, cacheReadTokens = 0, cacheWriteTokens = 0): Usage {
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens: 0, estimated: false, costNanoUsd: 'unknown' };
}

describe('the cost of an answer', () => {
  test('counts cached input at its own price', () => {
    expect(costOf(price, used(100, 20, 64))).toBe(36 * 3_000 + 64 * 300 + 20 * 15_000);
    expect(costOf(price, used(100, 20, 0, 64))).toBe(36 * 3_000 + 64 * 3_750 + 20 * 15_000);
    expect(costOf({ usdPerMillion: { input: 1, output: 1 } }, used(100, 0, 100))).toBe(100_000);
  });

  test('takes the long-context price for all of a request above its threshold', () => {
    expect(costOf(price, used(200_000, 1))).toBe(200_000 * 3_000 + 15_000);
    expect(costOf(price, used(200_001, 1))).toBe(200_001 * 6_000 + 22_500);
  });

  test('is a whole number, rounded up, and exact for large figures', () => {
    expect(costOf({ usdPerMillion: { input: 0.000_4, output: 0 } }, used(1, 0))).toBe(1);
    expect(costOf({ usdPerMillion: { input: 75, output: 0 } }, used(90_000_000, 0))).toBe(6_750_000_000_000);
  });

  test('never exceeds the highest cost of the same tokens', () => {
    fc.assert(fc.property(fc.nat(400_000), fc.nat(100_000), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (input, output, read, write) => {
      const cacheRead = Math.floor(input * read);
      const usage = used(input, output, cacheRead, Math.floor((input - cacheRead) * write));
      expect(costOf(price, usage)).toBeLessThanOrEqual(highestCost(price, usage));
    }));
  });
});

describe('the price table', () => {
  const prices = bundledPrices();
  const at = Date.parse('2026-09-01');

  test('knows prices with their long-context tiers and cache prices', async () => {
    expect(await prices.find({ provider: 'anthropic', name: 'claude-sonnet-4-5' }, at)).toEqual(price);
    expect(await prices.find({ provider: 'openai', name: 'gpt-4o-mini' }, at)).toMatchObject({ usdPerMillion: { input: 0.15, output: 0.6, cacheRead: 0.075 } });
  });

  test('does not guess: an unknown model, or an unknown provider of a known one, has no price', async () => {
    expect(await prices.find({ provider: 'openai', name: 'no-such-model' }, at)).toBeUndefined();
    expect(await prices.find({ provider: 'elsewhere.example', name: 'zzz' }, at)).toBeUndefined();
  });

  test('prices an answer at the time of the call, and a card wins over it', async () => {
    const provider: ModelProvider = {
      specVersion: 1,
      name: 'openai',
      async *stream() {
        yield { type: 'usage', usage: used(100, 20, 64) };
        yield { type: 'finish', reason: 'stop', raw: '' };
      },
    };
    const asked: number[] = [];
    const watched = { find: (model: { provider: string; name: string }, now: number) => { asked.push(now); return prices.find(model, now); } };
    const clock = { now: () => at, sleep: async () => undefined };
    const byTable = await createModel(provider, 'gpt-4o-mini', { prices: watched, clock }).generate(hello);
    expect(byTable.usage.costNanoUsd).toBe(36 * 150 + 64 * 75 + 20 * 600);
    expect(asked).toEqual([at]);
    const byCard = await createModel(provider, 'gpt-4o-mini', { prices, card: { price: { usdPerMillion: { input: 1, output: 0 } } } }).generate(hello);
    expect(byCard.usage.costNanoUsd).toBe(100_000);
    expect((await createModel(provider, 'gpt-4o-mini').generate(hello)).usage.costNanoUsd).toBe('unknown');
  });
});
