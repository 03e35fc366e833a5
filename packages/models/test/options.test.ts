import { expect, test } from 'vitest';
import { createModelRegistry, memoryLedger, withBreaker, withLedger, withRateLimit, withRetry } from '../src/index.ts';
import { sqliteLedger } from '../src/sqlite.ts';
import { scripted } from '../src/scripted.ts';
import { fine, named } from './failing-models.ts';

const model = named('m', [fine]);
const wrong = [NaN, -1, 0.5, '5', null, {}] as unknown as number[];

test.each(wrong)('a figure of %j is refused by whatever takes it, naming the place', (figure) => {
  const refused = (make: () => unknown, place: string): void => expect(make, place).toThrow(expect.objectContaining({ code: 'FW_MODEL_CONFIG', message: expect.stringContaining(place) as string }));
  for (const name of ['requestsPerMinute', 'requestsPerDay', 'inputTokensPerMinute', 'outputTokensPerMinute', 'tokensPerMinute', 'tokensPerDay', 'concurrency']) {
    refused(() => withRateLimit(model, { limits: { [name]: figure } }), `limits.${name}`);
    refused(() => createModelRegistry({ providers: [scripted({ script: [] })], models: { a: { use: 'scripted/m', limits: { [name]: figure } } } }), `models.a.limits.${name}`);
  }
  refused(() => withRetry(model, { attempts: figure }), 'attempts');
  refused(() => createModelRegistry({ providers: [], models: {}, retry: { attempts: figure } }), 'attempts');
  refused(() => sqliteLedger(':memory:', { leaseMs: figure }), 'leaseMs');
  if (figure === 0.5) return;
  refused(() => withRetry(model, { maxWaitMs: figure }), 'maxWaitMs');
  refused(() => withRateLimit(model, { maxWaitMs: figure }), 'maxWaitMs');
  refused(() => withRateLimit(model, { weights: { a: figure } }), 'weights.a');
  refused(() => withBreaker(model, { failures: figure }), 'failures');
  refused(() => withBreaker(model, { openMs: figure }), 'openMs');
  refused(() => withLedger(model, { ledger: memoryLedger(), budgets: { run: { usd: figure } } }), 'run.usd');
});

test('an option that is not there is refused with the one that was meant', () => {
  expect(() => withRetry(model, { attemps: 3 } as object)).toThrow('unknown key "attemps". Did you mean "attempts"?');
  expect(() => withRateLimit(model, { limits: { requestPerMinute: 5 } as object })).toThrow('Did you mean "requestsPerMinute"?');
});

test('huge figures work', async () => {
  const limits = { requestsPerMinute: Number.MAX_SAFE_INTEGER, tokensPerDay: Number.MAX_SAFE_INTEGER, concurrency: 1_000_000, burst: Number.MAX_SAFE_INTEGER };
  const huge = withRetry(withRateLimit(withLedger(model, { ledger: memoryLedger(), budgets: { run: { usd: 1e12, tokens: Number.MAX_SAFE_INTEGER } } }), { limits, maxWaitMs: Infinity }), { maxWaitMs: Infinity });
  expect((await huge.generate({ messages: [{ role: 'user', content: 'hi' }], maxOutputTokens: 1_000 })).text).toBe('fine');
});
