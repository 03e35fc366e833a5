import { describe, expect, test, vi } from 'vitest';
import { withFallback } from '../src/index.ts';
import type { ModelEvent } from '../src/index.ts';
import { failureOf, fails, fine, hello, named } from './failing-models.ts';

describe('withFallback', () => {
  test.each(['rate-limit', 'quota', 'overloaded', 'server', 'network', 'truncated', 'auth', 'model-gone', 'protocol', 'malformed'] as const)('goes on silently after %s', async (failure) => {
    const onFallback = vi.fn();
    const model = withFallback([named('a', [fails(failure)]), named('b', [fine])], { onFallback });
    const events: ModelEvent[] = [];
    for await (const event of model.stream(hello, { key: 'k', scope: { run: 'r' } })) events.push(event);
    expect(events.map((event) => event.type)).toEqual(['start', 'text', 'usage', 'finish']);
    expect(events[0]).toEqual({ type: 'start', model: 'b', attempt: 2 });
    expect(onFallback.mock.calls).toEqual([[{ key: 'k', from: 'scripted/a', to: 'scripted/b', failure, scope: { run: 'r' } }]]);
  });

  test.each(['context', 'parameter', 'invalid', 'policy', 'budget'] as const)('does not go on after %s', async (failure) => {
    const failed = await failureOf(withFallback([named('a', [fails(failure)]), named('b', [fine])]).generate(hello));
    expect(failed).toMatchObject({ failure, receipt: { attempts: [{ model: 'scripted/a' }] } });
  });

  test('does not go on after content, and keeps the text', async () => {
    const failed = await failureOf(withFallback([named('a', [fails('server', { text: 'half' })]), named('b', [fine])]).generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_PARTIAL', partial: { text: 'half', usage: { costNanoUsd: 0 } }, receipt: { attempts: [{ model: 'scripted/a' }] } });
  });

  test('does not go on when the caller aborted', async () => {
    const controller = new AbortController();
    const model = withFallback([named('a', [{ then: { text: 'late', delayMs: 60_000 } }]), named('b', [fine])]);
    const call = failureOf(model.generate(hello, { signal: controller.signal }));
    controller.abort();
    expect(await call).toMatchObject({ code: 'FW_MODEL_CANCELLED', receipt: { attempts: [{ model: 'scripted/a' }] } });
  });

  test('says what every model said when all fail, with the code of the last', async () => {
    const failed = await failureOf(withFallback([named('a', [fails('auth')]), named('b', [fails('server')]), named('c', [fails('quota')])]).generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_QUOTA', failure: 'quota' });
    for (const words of ['(1) scripted/a: auth', '(2) scripted/b: server', '(3) scripted/c: quota']) expect(failed.message).toContain(words);
    expect(failed.receipt?.attempts.map((attempt) => attempt.failure?.kind)).toEqual(['auth', 'server', 'quota']);
  });

  test('needs a model', () => {
    expect(() => withFallback([])).toThrow(expect.objectContaining({ code: 'FW_MODEL_CONFIG' }));
  });
});
