import { describe, expect, test } from 'vitest';
import { createModelRegistry, ModelError } from '../src/index.ts';
import type { Model } from '../src/index.ts';
import { failureOf, hello } from './failing-models.ts';
import { failingProvider } from './failing-provider.ts';
import type { Outcome, SentRequest } from './failing-provider.ts';
import { createTestClock } from './test-clock.ts';

function scene(choose: (sent: SentRequest, number: number) => Outcome, keys = 2): { model: Model; other: Model; used: () => (number | undefined)[]; clock: ReturnType<typeof createTestClock> } {
  const clock = createTestClock();
  const provider = failingProvider(choose, { keys });
  const registry = createModelRegistry({ providers: [provider], models: { a: { use: 'p/m' }, b: { use: 'p/n' } }, retry: { clock } });
  return { model: registry.get('a'), other: registry.get('b'), used: () => provider.sent.map(({ keyIndex }) => keyIndex), clock };
}

describe('several keys', () => {
  test.each(['quota', 'auth', 'rate-limit'] as const)('%s → next key, at once and silently', async (kind) => {
    const { model, used, clock } = scene(({ keyIndex }) => (keyIndex === 0 ? kind : 'answer'));
    const { text, receipt } = await model.generate(hello);
    expect(text).toBe('m answers');
    expect(receipt.attempts.map((attempt) => attempt.failure?.kind)).toEqual([kind, undefined]);
    expect(used()).toEqual([0, 1]);
    expect(clock.slept).toEqual([]);
  });

  test('a refused key rests for every model of the provider, and is tried again later', async () => {
    const { model, other, used, clock } = scene(({ keyIndex }, number) => (keyIndex === 0 && number === 0 ? 'auth' : 'answer'));
    await model.generate(hello);
    await other.generate(hello);
    await clock.sleep(3_600_001);
    await model.generate(hello);
    expect(used()).toEqual([0, 1, 1, 0]);
  });

  test('a rate limited key waits for the time its service named', async () => {
    const clock = createTestClock();
    const limited = (): ModelError => new ModelError('FW_MODEL_RATE_LIMIT', { message: 'slow down', failure: 'rate-limit', status: 429, retryable: true, retryAt: clock.now() + 60_000 });
    const provider = failingProvider((_, number) => (number === 0 ? limited() : 'answer'), { keys: 2 });
    const model = createModelRegistry({ providers: [provider], models: { a: { use: 'p/m' } }, retry: { clock } }).get('a');
    await model.generate(hello);
    await model.generate(hello);
    await clock.sleep(60_001);
    await model.generate(hello);
    expect(provider.sent.map(({ keyIndex }) => keyIndex)).toEqual([0, 1, 1, 0]);
  });

  test('401 with two keys: both are tried once, then nothing is sent any more', async () => {
    const { model, used } = scene(() => 'auth');
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_AUTH', receipt: { attempts: [{}, {}] } });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_AUTH', retryAt: expect.any(Number) as number });
    expect(used()).toEqual([0, 1]);
  });

  test('failures that are not of the key stay with it', async () => {
    const { model, used } = scene(() => 'invalid');
    await failureOf(model.generate(hello));
    expect(used()).toEqual([0]);
  });
});
