import { describe, expect, test } from 'vitest';
import { createModel, createModelRegistry, withBreaker, withRetry } from '../src/index.ts';
import type { BreakerEvent, Model } from '../src/index.ts';
import { failureOf, hello } from './failing-models.ts';
import { failingProvider } from './failing-provider.ts';
import type { Outcome } from './failing-provider.ts';
import { createTestClock } from './test-clock.ts';

interface Scene {
  readonly model: Model;
  readonly provider: ReturnType<typeof failingProvider>;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly events: BreakerEvent[];
}

function scene(choose: (number: number) => Outcome): Scene {
  const clock = createTestClock();
  const events: BreakerEvent[] = [];
  const provider = failingProvider((_, number) => choose(number));
  const model = withBreaker(createModel(provider, 'm', { clock }), { clock, onChange: (event) => events.push(event) });
  return { model, provider, clock, events };
}

async function fail(model: Model, times: number): Promise<void> {
  for (let call = 0; call < times; call += 1) await failureOf(model.generate(hello));
}

describe('withBreaker', () => {
  test('open → 0 requests, and the time to come back', async () => {
    const { model, provider, clock, events } = scene(() => 'server');
    await fail(model, 5);
    const failed = await failureOf(model.generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_OVERLOADED', retryable: true, retryAt: clock.now() + 15_000, receipt: { attempts: [{ sent: false }] } });
    expect(provider.sent).toHaveLength(5);
    expect(events).toEqual([{ model: 'p/m', state: 'open', until: clock.now() + 15_000 }]);
  });

  test('half-open with 50 callers → 1 probe, whose answer closes it', async () => {
    const { model, provider, clock, events } = scene((number) => (number < 5 ? 'server' : 'answer'));
    await fail(model, 5);
    await clock.sleep(15_000);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => model.generate(hello).then(() => 'answered', () => 'refused')));
    expect(outcomes.filter((outcome) => outcome === 'answered')).toHaveLength(1);
    expect(provider.sent).toHaveLength(6);
    expect(events.map(({ state }) => state)).toEqual(['open', 'half-open', 'closed']);
    await model.generate(hello);
  });

  test('a failed probe keeps it open for twice as long', async () => {
    const { model, provider, clock, events } = scene(() => 'network');
    await fail(model, 5);
    await clock.sleep(15_000);
    await fail(model, 1);
    expect(events.at(-1)).toEqual({ model: 'p/m', state: 'open', until: clock.now() + 30_000 });
    await clock.sleep(29_000);
    await fail(model, 1);
    expect(provider.sent).toHaveLength(6);
  });

  test('a probe that its caller aborts leaves the probe to the next one', async () => {
    const { model, clock } = scene((number) => (number < 5 ? 'server' : 'answer'));
    await fail(model, 5);
    await clock.sleep(15_000);
    expect(await failureOf(model.generate(hello, { signal: AbortSignal.abort() }))).toMatchObject({ failure: 'cancelled' });
    expect((await model.generate(hello)).text).toBe('m answers');
  });

  test('several failures inside one call are counted each', async () => {
    const { model, provider, clock } = scene(() => 'server');
    const retrying = withRetry(model, { attempts: 5, clock });
    await fail(retrying, 2);
    expect(provider.sent).toHaveLength(5);
  });

  test.each(['rate-limit', 'quota', 'context', 'auth', 'model-gone', 'parameter', 'invalid', 'policy', 'malformed'] as const)('only %s failures → stays closed', async (kind) => {
    const { model, provider } = scene(() => kind);
    await fail(model, 20);
    expect(provider.sent).toHaveLength(20);
  });

  test('overloaded weighs half', async () => {
    const { model, provider } = scene(() => 'overloaded');
    await fail(model, 20);
    expect(provider.sent).toHaveLength(10);
  });

  test('stays closed while most calls are answered', async () => {
    const { model, provider } = scene((number) => (number % 3 === 0 ? 'server' : 'answer'));
    for (let call = 0; call < 60; call += 1) await model.generate(hello).catch(() => undefined);
    expect(provider.sent).toHaveLength(60);
  });
});

describe('the breaker of a registry', () => {
  test('sends calls to the fallback without asking the broken model, for every name that leads to it', async () => {
    const clock = createTestClock();
    const provider = failingProvider(({ model }) => (model === 'bad' ? 'server' : 'answer'));
    const registry = createModelRegistry({ providers: [provider], models: { a: { use: 'p/bad', fallback: ['p/good'] }, b: { use: 'p/bad', fallback: ['p/good'] } }, retry: { clock } });
    const events: BreakerEvent[] = [];
    registry.on('breaker', (event) => events.push(event));
    for (let call = 0; call < 8; call += 1) expect((await registry.get(call % 2 === 0 ? 'a' : 'b').generate(hello)).text).toBe('good answers');
    expect(provider.sent.filter(({ model }) => model === 'bad')).toHaveLength(5);
    expect(events).toHaveLength(1);
    expect(registry.explain('a', hello).candidates[0]).toMatchObject({ taken: false, reason: expect.stringContaining('failed too often') as string });
  });

  test('fails fast instead of waiting when there is no fallback', async () => {
    const clock = createTestClock();
    const provider = failingProvider(() => 'server');
    const registry = createModelRegistry({ providers: [provider], models: { a: { use: 'p/bad' } }, retry: { clock, attempts: 1 } });
    await fail(registry.get('a'), 6);
    expect(provider.sent).toHaveLength(5);
    expect(clock.slept).toEqual([]);
  });
});
