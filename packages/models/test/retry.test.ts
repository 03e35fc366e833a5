import { describe, expect, test } from 'vitest';
import { createModel, ModelError, withFallback, withRetry } from '../src/index.ts';
import { scripted } from '../src/scripted.ts';
import { failureOf, fails, fine, hello, named } from './failing-models.ts';
import { createTestClock } from './test-clock.ts';

describe('withRetry', () => {
  test.each(['overloaded', 'server', 'network', 'truncated', 'protocol', 'malformed'] as const)('asks once more after %s, with a short jittered pause and both attempts in the receipt', async (failure) => {
    const clock = createTestClock();
    const model = withRetry(named('m', [fails(failure, { attempt: 1 }), fine]), { clock, random: () => 0.5 });
    const response = await model.generate(hello);
    expect(response.text).toBe('fine');
    expect(response.receipt.attempts.map((attempt) => attempt.failure?.kind)).toEqual([failure, undefined]);
    expect(clock.slept).toEqual([188]);
  });

  test.each(['quota', 'context', 'auth', 'model-gone', 'parameter', 'invalid', 'policy', 'budget'] as const)('does not ask again after %s', async (failure) => {
    const clock = createTestClock();
    const failed = await failureOf(withRetry(named('m', [fails(failure)]), { clock }).generate(hello));
    expect(failed).toMatchObject({ failure, retryable: false });
    expect(failed.receipt?.attempts).toHaveLength(1);
    expect(clock.slept).toEqual([]);
  });

  test('gives up after the second failure and lists both', async () => {
    const failed = await failureOf(withRetry(named('m', [fails('server')]), { clock: createTestClock() }).generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_SERVER', failure: 'server', retryable: true });
    expect(failed.message).toContain('2 attempts failed. (1) scripted/m: server:');
    expect(failed.receipt?.attempts).toHaveLength(2);
  });

  test('asks only once when one attempt is allowed', async () => {
    for (const failure of ['server', 'rate-limit'] as const) {
      const failed = await failureOf(withRetry(named('m', [fails(failure)]), { attempts: 1, clock: createTestClock() }).generate(hello));
      expect(failed.receipt?.attempts).toHaveLength(1);
    }
  });

  test('waits as long as a rate limit says, and uses the newer time of a second one', async () => {
    const clock = createTestClock();
    const waits = [2_000, 5_000];
    const model = withRetry(createModel({
      specVersion: 1,
      name: 'p',
      async *stream(request, call) {
        const waitMs = waits[call.attempt - 1];
        if (waitMs !== undefined) throw new ModelError('FW_MODEL_RATE_LIMIT', { message: 'slow down', failure: 'rate-limit', retryAt: clock.now() + waitMs });
        yield* scripted({ script: [fine] }).stream(request, call);
      },
    }, 'm'), { clock });
    expect((await model.generate(hello)).receipt.attempts).toHaveLength(3);
    expect(clock.slept).toEqual([2_000, 5_000]);
  });

  test('fails fast with the time to come back when a rate limit lasts longer than it may wait', async () => {
    const clock = createTestClock();
    const failed = await failureOf(withRetry(named('m', [fails('rate-limit', { retryAfterMs: 300_000 })]), { clock }).generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_RATE_LIMIT', retryable: true, retryAt: expect.any(Number) as number });
    expect(clock.slept).toEqual([]);
  });

  test('ends in bounded time when a service limits for ever without naming a time', async () => {
    const clock = createTestClock();
    const failed = await failureOf(withRetry(named('m', [fails('rate-limit')]), { clock }).generate(hello));
    expect(failed.receipt?.attempts).toHaveLength(5);
    expect(clock.slept).toHaveLength(4);
  });

  test('never asks again after content was delivered', async () => {
    const failed = await failureOf(withRetry(named('m', [fails('server', { text: 'half an answer' })]), { clock: createTestClock() }).generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_PARTIAL', failure: 'server', partial: { text: 'half an answer' } });
    expect(failed.receipt?.attempts).toHaveLength(1);
  });

  test('shows a stream without a trace of the attempt that failed', async () => {
    const types: string[] = [];
    for await (const event of withRetry(named('m', [fails('server', { attempt: 1 }), fine]), { clock: createTestClock() }).stream(hello)) types.push(event.type);
    expect(types).toEqual(['start', 'text', 'usage', 'finish']);
  });

  test('uses the same key for every attempt', async () => {
    const keys: string[] = [];
    const provider = scripted({ script: [fails('server', { attempt: 1 }), fine] });
    const model = withRetry(createModel({ ...provider, stream: (request, call) => { keys.push(call.key); return provider.stream(request, call); } }, 'm'), { clock: createTestClock() });
    await model.generate(hello);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect((await model.generate(hello, { key: 'mine' })).receipt.key).toBe('mine');
  });

  test('ends at once when it is aborted while it waits, and leaves no timer', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const controller = new AbortController();
    const model = withRetry(named('m', [fails('rate-limit', { retryAfterMs: 15_000 })]));
    const failed = await failureOf(model.generate(hello, { signal: controller.signal, onAttempt: () => setImmediate(() => controller.abort()) }));
    expect(failed).toMatchObject({ code: 'FW_MODEL_CANCELLED', receipt: { attempts: [{ failure: { kind: 'rate-limit' } }] } });
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBe(before);
  });
});

describe('withRetry around withFallback', () => {
  test('asks another model at once, and the same ones again only when none could answer', async () => {
    const clock = createTestClock();
    const model = withRetry(withFallback([named('a', [fails('server', { attempt: 1 }), fine]), named('b', [fails('overloaded')])]), { clock, random: () => 0 });
    const response = await model.generate(hello);
    expect(response.receipt.attempts.map((attempt) => attempt.model)).toEqual(['scripted/a', 'scripted/b', 'scripted/a']);
    expect(clock.slept).toEqual([125]);
  });

  test('leaves out models that failed for good', async () => {
    const model = withRetry(withFallback([named('a', [fails('auth')]), named('b', [fails('server', { attempt: 2 }), fine])]), { clock: createTestClock() });
    const response = await model.generate(hello);
    expect(response.receipt.attempts.map((attempt) => attempt.model)).toEqual(['scripted/a', 'scripted/b', 'scripted/b']);
  });

  test('goes to the fallback at once when a rate limit lasts long', async () => {
    const clock = createTestClock();
    const model = withRetry(withFallback([named('a', [fails('rate-limit', { retryAfterMs: 300_000 })]), named('b', [fine])]), { clock });
    expect((await model.generate(hello)).text).toBe('fine');
    expect(clock.slept).toEqual([]);
  });

  test('asks nobody again when the request itself is at fault', async () => {
    const failed = await failureOf(withRetry(withFallback([named('a', [fails('server')]), named('b', [fails('invalid')])]), { clock: createTestClock() }).generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_INVALID' });
    expect(failed.receipt?.attempts).toHaveLength(2);
  });
});
