import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { createModel, createModelRegistry, memoryLimitStore, withRateLimit } from '../src/index.ts';
import type { LimitStore, Model, ModelLimits, ModelProvider, RateLimitOptions, ThrottledEvent } from '../src/index.ts';
import { testLimitStore } from '../src/conformance.ts';
import { failureOf, hello } from './failing-models.ts';
import { askAll, timedProvider } from './timed-provider.ts';
import type { TimedReply } from './timed-provider.ts';
import { createVirtualClock } from './virtual-clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

testLimitStore('in memory', () => memoryLimitStore());

interface Scene {
  readonly clock: VirtualClock;
  readonly provider: ReturnType<typeof timedProvider>;
  readonly model: Model;
  /** Seconds from the start at which requests were sent. */
  times(): readonly number[];
}

function scene(limits: ModelLimits, reply?: (number: number, words: string) => TimedReply, more: RateLimitOptions = {}): Scene {
  const clock = createVirtualClock();
  const start = clock.now();
  const provider = timedProvider(clock, reply);
  const model = withRateLimit(createModel(provider, 'm', { clock }), { limits, clock, random: () => 0, ...more });
  return { clock, provider, model, times: () => provider.sent.map(({ at }) => (at - start) / 1_000) };
}

describe('withRateLimit', () => {
  test('exactly N at the limit, the N+1st waits', async () => {
    const { clock, model, times } = scene({ requestsPerMinute: 60 });
    await clock.run(Promise.all(askAll(model, 62)));
    expect(times().filter((at) => at === 0)).toHaveLength(60);
    // A tenth of a second more: requests that leave at once arrive spread over time.
    expect(times()[60]).toBeCloseTo(1.1, 1);
    expect(times()[61]).toBeCloseTo(2.1, 1);
  });

  test('lets no more than burst leave at once', async () => {
    const { clock, model, times } = scene({ requestsPerMinute: 60, burst: 5 });
    await clock.run(Promise.all(askAll(model, 8)));
    expect(times().filter((at) => at === 0)).toHaveLength(5);
  });

  test('no 2× burst across a minute edge', async () => {
    const { clock, model, times } = scene({ requestsPerMinute: 60 });
    await clock.run(Promise.all(askAll(model, 1)));
    await clock.run(Promise.all(askAll(model, 180)));
    const sent = times();
    for (const from of sent) expect(sent.filter((at) => at >= from && at < from + 5).length).toBeLessThanOrEqual(60 + 5);
  });

  test('5 parallel calls where tokens admit 1', async () => {
    const { clock, model, times } = scene({ outputTokensPerMinute: 1_000 }, () => ({ outputTokens: 1_000 }));
    await clock.run(Promise.all(askAll(model, 6, { maxOutputTokens: 100_000 })));
    const before = times().length;
    const calls = askAll(model, 5, { maxOutputTokens: 100_000 });
    await clock.run(Promise.all(calls));
    const gaps = times().slice(before).map((at, index, all) => at - (all[index - 1] ?? at));
    expect(gaps.slice(1).every((gap) => gap > 30)).toBe(true);
  });

  test('a job larger than a bucket waits for a full one, and those behind it go on', async () => {
    const { clock, model, times } = scene({ inputTokensPerMinute: 600 }, (_, words) => ({ inputTokens: words.length > 100 ? 1_200 : 60 }));
    const large = model.generate({ messages: [{ role: 'user', content: 'word '.repeat(1_000) }] }, { scope: { agent: 'large' } });
    await clock.run(Promise.all([...askAll(model, 1), large, ...askAll(model, 1)]));
    expect(times()).toHaveLength(3);
    expect(Math.max(...times())).toBeLessThan(200);
  });

  test('requests fine and tokens short: neither is debited', async () => {
    const store = memoryLimitStore();
    const demand = { endpoint: 'e', now: 0, leaseMs: 1_000 };
    const requests = { name: 'requestsPerMinute', capacity: 2, perSecond: 1 / 30, amount: 1 };
    const tokens = (amount: number) => ({ name: 'tokensPerMinute', capacity: 100, perSecond: 1, amount });
    expect(await store.take({ ...demand, id: '1', buckets: [requests, tokens(90)] })).toEqual({ status: 'taken' });
    expect(await store.take({ ...demand, id: '2', buckets: [requests, tokens(90)] })).toMatchObject({ status: 'wait', reason: 'tokensPerMinute' });
    expect(await store.take({ ...demand, id: '3', buckets: [requests, tokens(10)] })).toEqual({ status: 'taken' });
  });

  test('refund within a tick: what was not used is there for the next as soon as the first is done', async () => {
    const { clock, model, times } = scene({ outputTokensPerMinute: 600 }, () => ({ outputTokens: 1, takesMs: 10 }));
    await clock.run(Promise.all(askAll(model, 3, { maxOutputTokens: 400 })));
    expect(times().at(-1)).toBeLessThan(1);
  });

  test('a failed call gives its tokens back whole', async () => {
    const { clock, model, times } = scene({ tokensPerMinute: 600 }, (number) => ({ fails: number === 0, outputTokens: 1 }));
    const request = { ...hello, maxOutputTokens: 500 };
    await clock.run(failureOf(model.generate(request)));
    await clock.run(model.generate(request));
    expect(times()).toEqual([0, 0]);
  });

  test('concurrency is kept, and a slot goes to the next at once', async () => {
    const { clock, model, times } = scene({ concurrency: 2 }, () => ({ takesMs: 1_000 }));
    await clock.run(Promise.all(askAll(model, 6)));
    expect(times()).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test('limits a day', async () => {
    const { clock, model, times } = scene({ requestsPerDay: 24 }, undefined, { maxWaitMs: Infinity });
    await clock.run(Promise.all(askAll(model, 25)));
    expect(times()[24]).toBeCloseTo(3_600, 0);
  });

  test('headers that say less is left slow it down; stale headers never raise', async () => {
    const left = ['0', '1000', '1000', '1000'];
    const { clock, model, times } = scene({ requestsPerMinute: 60 }, (number) => ({ headers: { 'x-ratelimit-remaining-requests': left[number] ?? '1000', 'x-ratelimit-limit-requests': '1000' } }));
    await clock.run(Promise.all(askAll(model, 1)));
    await clock.run(Promise.all(askAll(model, 3)));
    expect(times()[1]).toBeCloseTo(1, 0);
    expect(times()[3]).toBeCloseTo(3, 0);
  });

  test('a limit that only the service knows is learned from its headers', async () => {
    const { clock, model, times } = scene({}, () => ({ headers: { 'anthropic-ratelimit-requests-limit': '60', 'anthropic-ratelimit-requests-remaining': '1' } }));
    await clock.run(Promise.all(askAll(model, 1)));
    await clock.run(Promise.all(askAll(model, 5)));
    expect(times().at(-1)).toBeGreaterThan(2);
  });

  test('a 429 closes the door until the time the service named, then less flows in until answers let it grow', async () => {
    const { clock, model, times } = scene({ requestsPerMinute: 60, burst: 1 }, (number) => (number === 0 ? { refuse: { retryAfterMs: 5_000 } } : {}));
    await clock.run(failureOf(model.generate(hello)));
    await clock.run(Promise.all(askAll(model, 4)));
    const [, second = 0, third = 0, fourth = 0] = times();
    expect(second).toBeGreaterThanOrEqual(5);
    expect(second).toBeLessThan(6.1);
    expect(third - second).toBeCloseTo(0.1 + 1 / (0.7 * 1.01), 1);
    expect(fourth - third).toBeLessThan(third - second);
  });

  test('a long pause that the service asked for fails fast with retryAt', async () => {
    const { clock, model, provider } = scene({}, () => ({ refuse: { retryAfterMs: 300_000 } }));
    await clock.run(failureOf(model.generate(hello)));
    const failed = await clock.run(failureOf(model.generate(hello)));
    expect(failed).toMatchObject({ code: 'FW_MODEL_RATE_LIMIT', retryable: true, retryAt: expect.any(Number) as number, receipt: { attempts: [{ sent: false }] } });
    expect((failed.retryAt ?? 0) - clock.now()).toBeGreaterThan(290_000);
    expect(provider.sent).toHaveLength(1);
  });

  test('cached input is not charged where the provider does not', async () => {
    const reply = (): TimedReply => ({ inputTokens: 1_000, cacheReadTokens: 990 });
    const free = scene({ inputTokensPerMinute: 1_000, countCachedInput: false }, reply);
    await free.clock.run((async () => { for (let call = 0; call < 3; call += 1) await Promise.all(askAll(free.model, 1)); })());
    const charged = scene({ inputTokensPerMinute: 1_000 }, reply);
    await charged.clock.run((async () => { for (let call = 0; call < 3; call += 1) await Promise.all(askAll(charged.model, 1)); })());
    expect(free.times().at(-1)).toBeLessThan(charged.times().at(-1) ?? 0);
  });

  test('estimator 30 % low: 429 share under 2 % after warm-up over 200 calls', async () => {
    const bucket = { level: 20_000, at: 0 };
    const clock = createVirtualClock();
    let refused = 0;
    const provider = timedProvider(clock, (number) => {
      const now = clock.now();
      bucket.level = Math.min(20_000, bucket.level + (bucket.at === 0 ? 0 : ((now - bucket.at) / 1_000) * (20_000 / 60)));
      bucket.at = now;
      if (bucket.level < 600) {
        refused += number >= 20 ? 1 : 0;
        return { refuse: { retryAfterMs: 1_000 } };
      }
      bucket.level -= 600;
      return { inputTokens: 590, outputTokens: 10 };
    });
    const model = withRateLimit(createModel(provider, 'm', { clock }), { limits: { tokensPerMinute: 20_000 }, clock, maxWaitMs: Infinity });
    const request = { messages: [{ role: 'user', content: 'abcd '.repeat(415) } as const] };
    for (let call = 0; call < 20; call += 1) await clock.run(model.generate(request).catch(() => undefined));
    await clock.run(Promise.all(Array.from({ length: 200 }, () => model.generate(request).catch(() => undefined))));
    expect(refused / 200).toBeLessThan(0.02);
  });

  test('4 heavy and 16 light agents: a fair share for each, and nobody waits past the aging bound', async () => {
    const { clock, model, provider } = scene({ requestsPerMinute: 600, burst: 1 }, undefined, { agingMs: 60_000, maxWaitMs: Infinity });
    const start = clock.now();
    const heavy = Array.from({ length: 4 }, (_, index) => askAll(model, 200, { agent: `heavy${index}` })).flat();
    const light = Array.from({ length: 16 }, (_, index) => askAll(model, 10, { agent: `light${index}` })).flat();
    await clock.run(Promise.all([...heavy, ...light]));
    const early = provider.sent.filter(({ at }) => at - start < 18_000);
    const shares = new Map<string, number>();
    for (const { agent } of early) shares.set(agent, (shares.get(agent) ?? 0) + 1);
    const counts = [...shares.values()];
    const jain = counts.reduce((sum, count) => sum + count, 0) ** 2 / (20 * counts.reduce((sum, count) => sum + count ** 2, 0));
    expect(jain).toBeGreaterThanOrEqual(0.9);
    const lastLight = Math.max(...provider.sent.filter(({ agent }) => agent.startsWith('light')).map(({ at }) => at - start));
    expect(lastLight).toBeLessThan(60_000);
  });

  test('weights give an agent more turns, and priority goes first', async () => {
    const weighted = scene({ requestsPerMinute: 60, burst: 1 }, undefined, { weights: { big: 3 }, maxWaitMs: Infinity });
    await weighted.clock.run(Promise.all([...askAll(weighted.model, 40, { agent: 'big' }), ...askAll(weighted.model, 40, { agent: 'small' })]));
    const first = weighted.provider.sent.slice(0, 32).filter(({ agent }) => agent === 'big').length;
    expect(first).toBeGreaterThan(20);
    const urgent = scene({ requestsPerMinute: 60, burst: 1 }, undefined, { maxWaitMs: Infinity });
    const calls = askAll(urgent.model, 10, { agent: 'usual' });
    calls.push(urgent.model.generate({ messages: [{ role: 'user', content: 'urgent' }] }, { priority: 1, scope: { run: 'r', agent: 'usual' } }));
    await urgent.clock.run(Promise.all(calls));
    expect(urgent.provider.sent.findIndex(({ agent }) => agent === 'urgent')).toBeLessThan(3);
  });

  test('abort while queued: removed at once, no timer left, nothing sent', async () => {
    const { clock, model, provider } = scene({ requestsPerMinute: 1 });
    await clock.run(model.generate(hello));
    const controller = new AbortController();
    const waiting = failureOf(model.generate(hello, { signal: controller.signal }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.sleeping).toBe(1);
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'FW_MODEL_CANCELLED' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.sleeping).toBe(0);
    expect(provider.sent).toHaveLength(1);
  });

  test('says that and why a call waits, and how long it stood in the queue', async () => {
    const events: ThrottledEvent[] = [];
    const { clock, model } = scene({ requestsPerMinute: 60, burst: 1 }, undefined, { onThrottled: (event) => events.push(event) });
    await clock.run(model.generate(hello));
    const { receipt } = await clock.run(model.generate(hello, { key: 'k', scope: { run: 'r' } }));
    expect(events).toEqual([{ key: 'k', model: 'timed/m', scope: { run: 'r' }, reason: 'requestsPerMinute', until: expect.any(Number) as number }]);
    expect(receipt.attempts[0]?.waitedMs).toBeGreaterThanOrEqual(1_000);
  });

  test('store down: a degraded rate and an event, never unlimited, and back when it works again', async () => {
    const good = memoryLimitStore();
    let down = true;
    const flaky: LimitStore = { ...good, take: (demand) => (down ? Promise.reject(new Error('gone')) : good.take(demand)) };
    const events: ThrottledEvent[] = [];
    const { clock, model, times } = scene({ requestsPerMinute: 600, burst: 100 }, () => ({ takesMs: 1 }), { store: flaky, maxWaitMs: Infinity, onThrottled: (event) => events.push(event) });
    await clock.run(Promise.all(askAll(model, 30)));
    expect(times().filter((at) => at < 1).length).toBeLessThanOrEqual(11);
    expect(times().at(-1)).toBeGreaterThan(15);
    expect(events.filter(({ reason }) => reason === 'store')).toHaveLength(1);
    down = false;
    const before = clock.now();
    await clock.run(Promise.all(askAll(model, 90)));
    expect(clock.now() - before).toBeLessThan(2_000);
  });

  test.each([3_600_000, -3_600_000])('a clock that jumps by %i ms neither opens the gates nor closes them for an hour', async (byMs) => {
    const { clock, model, provider } = scene({ requestsPerMinute: 60, burst: 5, concurrency: 50 });
    await clock.run(Promise.all(askAll(model, 6)));
    clock.jump(byMs);
    const before = clock.now();
    await clock.run(Promise.all(askAll(model, 10)));
    expect(clock.now() - before).toBeLessThan(15_000);
    expect(provider.sent.slice(6).filter(({ at }) => at === before).length).toBeLessThanOrEqual(5);
  });

  test('100 KB of one letter is admitted at once', async () => {
    const { model } = scene({ inputTokensPerMinute: 10_000_000 });
    const started = performance.now();
    await model.generate({ messages: [{ role: 'user', content: 'a'.repeat(100_000) }] });
    expect(performance.now() - started).toBeLessThan(200);
  });

  test('10k sequential calls leave no timer and no growth', async () => {
    const { model } = scene({ requestsPerMinute: 1_000_000_000, tokensPerMinute: 1_000_000_000, concurrency: 4 });
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    for (let call = 0; call < 2_000; call += 1) await model.generate(hello);
    const heap = heapUsed();
    for (let call = 0; call < 10_000; call += 1) await model.generate(hello);
    expect(timers()).toBe(before);
    expect(heapUsed() - heap).toBeLessThan(2_000_000);
  });
});

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('limits of a registry', () => {
  test('a wait that is too long goes to another candidate that can go now', async () => {
    const clock = createVirtualClock();
    const provider = timedProvider(clock);
    const models = { a: { use: 'timed/slow', fallback: ['timed/fast'], limits: { requestsPerMinute: 1 } } };
    const registry = createModelRegistry({ providers: [provider], models, retry: { clock } });
    const ids: string[] = [];
    for (let call = 0; call < 2; call += 1) ids.push((await clock.run(registry.get('a').generate(hello))).receipt.attempts.map(({ model, sent }) => `${model}${sent === false ? ' refused' : ''}`).join(', '));
    expect(ids).toEqual(['timed/slow', 'timed/slow refused, timed/fast']);
  });

  test('are shared by every name that leads to the model, and reported as events', async () => {
    const clock = createVirtualClock();
    const provider: ModelProvider & { sent: unknown[] } = timedProvider(clock);
    const registry = createModelRegistry({
      providers: [provider],
      models: { a: { use: 'timed/m', limits: { requestsPerMinute: 60, burst: 2 } }, b: { use: 'timed/m', limits: { requestsPerMinute: 30 } } },
      retry: { clock },
    });
    const events: ThrottledEvent[] = [];
    registry.on('throttled', (event) => events.push(event));
    const start = clock.now();
    await clock.run(Promise.all([registry.get('a').generate(hello), registry.get('b').generate(hello), registry.get('timed/m').generate(hello)]));
    expect(clock.now() - start).toBeGreaterThanOrEqual(2_000);
    expect(events).toHaveLength(1);
  });
});
