import { afterEach, describe, expect, test, vi } from 'vitest';
import { createModelRegistry } from '../src/index.ts';
import type { ModelProvider, ModelRegistryOptions } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import { scripted } from '../src/scripted.ts';
import { event, open, refuse, say, startChatServer } from './chat-server.ts';
import type { ChatServer } from './chat-server.ts';
import { failureOf, fails, fine, hello } from './failing-models.ts';
import { createTestClock } from './test-clock.ts';

const script = [fails('quota', { model: 'poor' }), fails('server', { model: 'flaky', attempt: 1 }), fine];
const provider = scripted({ script });
const other: ModelProvider = { ...provider, name: 'other' };

function errorOf(options: unknown): { code: string; message: string } {
  try {
    createModelRegistry(options as ModelRegistryOptions);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('It was accepted.');
}

let server: ChatServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe('names', () => {
  const registry = createModelRegistry({
    providers: [provider, other],
    models: { coder: { use: 'scripted/big@2026-06-30', fallback: ['cheap', 'other/org/deep:7b'] }, cheap: { use: 'scripted/small', fallback: ['other/last'] } },
  });

  test('stand for a model and its fallbacks, those of a fallback next to it', () => {
    expect(registry.get('coder').id).toBe('scripted/big@2026-06-30');
    expect(registry.list()).toEqual([
      { name: 'coder', candidates: ['scripted/big@2026-06-30', 'scripted/small', 'other/last', 'other/org/deep:7b'], simulated: true },
      { name: 'cheap', candidates: ['scripted/small', 'other/last'], simulated: true },
    ]);
  });

  test('may be a reference to a registered provider', async () => {
    const model = registry.get('other/anything@v2');
    expect(model.id).toBe('other/anything@v2');
    expect(await model.generate(hello)).toMatchObject({ text: 'fine', model: 'anything' });
  });

  test.each([
    ['codr', 'Did you mean "coder"? Known: coder, cheap.'],
    ['scriptd/big', 'Did you mean "scripted"?'],
    ['constructor', 'Known: coder, cheap.'],
    ['x'.repeat(100_000), 'Known: coder, cheap.'],
  ])('that are unknown are refused with the known ones: %.20s', (name, words) => {
    expect(() => registry.get(name)).toThrow(expect.objectContaining({ code: 'FW_MODEL_UNKNOWN', message: expect.stringContaining(words) as string }));
  });

  test('are explained by their candidates in order', () => {
    expect(registry.explain('coder', hello)).toEqual({
      name: 'coder',
      candidates: [
        { model: 'scripted/big@2026-06-30', taken: true, reason: 'what "coder" stands for' },
        { model: 'scripted/small', taken: true, reason: 'what "cheap" stands for, the fallback of "coder"' },
        { model: 'other/last', taken: true, reason: 'fallback of "cheap"' },
        { model: 'other/org/deep:7b', taken: true, reason: 'fallback of "coder"' },
      ],
    });
  });
});

describe('a configuration', () => {
  const models = { a: { use: 'scripted/m' } };

  test.each([
    ['a provider of another version', { providers: [{ ...provider, specVersion: 2 }], models }, 'FW_MODEL_SPEC_VERSION', ['version 2', 'version 1', '"scripted"']],
    ['two providers of one name', { providers: [provider, scripted({ script: [] })], models }, 'FW_MODEL_CONFIG', ['Two providers are named "scripted"']],
    ['a provider whose name breaks references', { providers: [{ ...provider, name: 'a/b' }], models }, 'FW_MODEL_CONFIG', ['"a/b"']],
    ['a provider without a stream', { providers: [{ specVersion: 1, name: 'p' }], models }, 'FW_MODEL_CONFIG', ['no function "stream"']],
    ['no list of providers', { models }, 'FW_MODEL_CONFIG', ['providers']],
    ['a model of an unknown provider', { providers: [provider], models: { a: { use: 'scrpted/m' } } }, 'FW_MODEL_CONFIG', ['"scrpted/m"', 'Did you mean "scripted"?']],
    ['an unknown fallback', { providers: [provider], models: { a: { use: 'scripted/m', fallback: ['bb'] }, b: { use: 'scripted/n' } } }, 'FW_MODEL_CONFIG', ['"bb"', 'Did you mean "b"?']],
    ['a circle of fallbacks', { providers: [provider], models: { a: { use: 'scripted/1', fallback: ['b'] }, b: { use: 'scripted/2', fallback: ['a'] } } }, 'FW_MODEL_CONFIG', ['a → b → a']],
    ['an unknown key', { providers: [provider], models: { a: { use: 'scripted/m', fallbacks: [] } } }, 'FW_MODEL_CONFIG', ['models.a', '"fallbacks"', 'Did you mean "fallback"?']],
    ['an unknown option', { providers: [provider], models, budget: {} }, 'FW_MODEL_CONFIG', ['Did you mean "budgets"?']],
    ['something that is no reference', { providers: [provider], models: { a: { use: 'gpt' } } }, 'FW_MODEL_CONFIG', ['models.a.use', 'provider/name']],
    ['an alias that looks like a reference', { providers: [provider], models: { 'a/b': { use: 'scripted/m' } } }, 'FW_MODEL_CONFIG', ['a/b']],
    ['a limit of a wrong shape', { providers: [provider], models: { a: { use: 'scripted/m', limits: { concurrency: -1 } } } }, 'FW_MODEL_CONFIG', ['models.a.limits.concurrency']],
    ['a card of no reference', { providers: [provider], models, cards: { m: {} } }, 'FW_MODEL_CONFIG', ['cards.m']],
    ['a burst without a rate', { providers: [provider], models: { a: { use: 'scripted/m', limits: { burst: 5 } } } }, 'FW_MODEL_CONFIG', ['models.a.limits', 'burst needs requestsPerMinute']],
    ['a budget of a wrong shape', { providers: [provider], models, budgets: { run: { usd: -1 } } }, 'FW_MODEL_CONFIG', ['budgets.run.usd']],
    ['a simulated model behind a real one', { providers: [provider, openai({ apiKey: 'sk-0123456' })], models: { a: { use: 'openai/m', fallback: ['scripted/m'] } } }, 'FW_MODEL_CONFIG', ['openai/m', 'scripted/m', 'simulated']],
  ])('with %s is refused', (_, options, code, words) => {
    const error = errorOf(options);
    expect(error.code).toBe(code);
    for (const word of words) expect(error.message).toContain(word);
  });
});

describe('a call', () => {
  test('retries, falls back, and has every attempt in its receipt, its events and the books', async () => {
    const registry = createModelRegistry({ providers: [provider], models: { a: { use: 'scripted/poor', fallback: ['scripted/flaky', 'scripted/good'] } }, retry: { clock: createTestClock() } });
    const seen: string[] = [];
    registry.on('attempt', ({ attempt, scope }) => seen.push(`${attempt.model} ${attempt.failure?.kind ?? 'answered'} in ${scope.run}`));
    registry.on('fallback', ({ from, to, failure }) => seen.push(`${from} → ${to}: ${failure}`));
    const response = await registry.get('a').generate(hello, { scope: { run: 'r1', agent: 'x' } });
    expect(response).toMatchObject({ text: 'fine', model: 'flaky' });
    expect(response.receipt.attempts.map((attempt) => attempt.model)).toEqual(['scripted/poor', 'scripted/flaky']);
    expect(seen).toEqual(['scripted/poor quota in r1', 'scripted/poor → scripted/flaky: quota', 'scripted/flaky answered in r1']);
    expect(registry.usage({ run: 'r1' })).toEqual(response.usage);
  });

  test('is booked under its scope, and sums are taken by any part of it', async () => {
    const registry = createModelRegistry({ providers: [provider], models: { a: { use: 'scripted/m' } } });
    const model = registry.get('a');
    const { usage } = await model.generate(hello, { scope: { run: 'r1', agent: 'x' } });
    await model.generate(hello, { scope: { agent: 'y', run: 'r1' } });
    await model.generate(hello, { scope: { run: 'r2' } });
    await model.generate(hello);
    const times = (count: number): object => ({ ...usage, inputTokens: usage.inputTokens * count, outputTokens: usage.outputTokens * count });
    expect(usage).toMatchObject({ estimated: false, costNanoUsd: 0 });
    expect(registry.usage({ run: 'r1' })).toEqual(times(2));
    expect(registry.usage({ run: 'r1', agent: 'y' })).toEqual(times(1));
    expect(registry.usage()).toEqual(times(4));
    expect(registry.usage({ run: 'r3' })).toMatchObject({ inputTokens: 0, costNanoUsd: 0 });
  });

  test('is not disturbed by a listener that throws or rejects, and not heard by one that was taken off', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const registry = createModelRegistry({ providers: [provider], models: { a: { use: 'scripted/m' } } });
    const off = vi.fn();
    registry.on('attempt', () => { throw new Error('broken listener'); });
    registry.on('attempt', async () => { throw new Error('broken promise'); });
    registry.on('attempt', off);
    registry.off('attempt', off);
    const response = await registry.get('a').generate(hello, { onEvent: () => { throw new Error('broken onEvent'); } });
    expect(response.text).toBe('fine');
    expect(off).not.toHaveBeenCalled();
    expect(new Set(warnings.mock.calls.map(([warning]) => warning))).toEqual(new Set(['A listener failed: broken onEvent', 'A listener failed: broken listener', 'A listener failed: broken promise']));
    warnings.mockRestore();
  });

  test('over real HTTP: 500 then 200 is two requests and two attempts', async () => {
    const clock = createTestClock();
    server = await startChatServer((response, { number }) => (number === 0 ? refuse(response, 500) : say(response, 'recovered')));
    const registry = createModelRegistry({ providers: [openai({ baseURL: server.baseURL })], models: { a: { use: 'openai/m' } }, retry: { clock } });
    const response = await registry.get('a').generate(hello);
    expect(response.text).toBe('recovered');
    expect(response.receipt.attempts.map((attempt) => attempt.failure?.status)).toEqual([500, undefined]);
    expect(server.requests).toHaveLength(2);
    expect(clock.slept).toHaveLength(1);
  });

  test('over real HTTP: a rate limit is waited out to the time the service named', async () => {
    const clock = createTestClock();
    server = await startChatServer((response, { number }) => (number === 0 ? refuse(response, 429, {}, { 'retry-after': '2' }) : say(response, 'recovered')));
    const registry = createModelRegistry({ providers: [openai({ baseURL: server.baseURL })], models: { a: { use: 'openai/m' } }, retry: { clock } });
    expect((await registry.get('a').generate(hello)).text).toBe('recovered');
    expect(clock.slept[0]).toBeGreaterThanOrEqual(2_000);
  });

  test('over real HTTP: a long rate limit goes to the fallback at once, or fails fast without one', async () => {
    server = await startChatServer((response, { body }) => (body['model'] === 'busy' ? refuse(response, 429, {}, { 'retry-after': '300' }) : say(response, 'instead')));
    const registry = createModelRegistry({ providers: [openai({ baseURL: server.baseURL })], models: { a: { use: 'openai/busy', fallback: ['openai/free'] }, b: { use: 'openai/busy' } } });
    expect((await registry.get('a').generate(hello)).text).toBe('instead');
    const before = Date.now();
    const failed = await failureOf(registry.get('b').generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_RATE_LIMIT', retryable: true });
    expect(failed.retryAt).toBeGreaterThanOrEqual(before + 300_000);
    expect(server.requests).toHaveLength(2);
  });

  test('over real HTTP: an answer that breaks off is not asked for again', async () => {
    server = await startChatServer((response) => { open(response); response.write(event({ content: 'half' }), () => response.destroy()); });
    const registry = createModelRegistry({ providers: [openai({ baseURL: server.baseURL })], models: { a: { use: 'openai/m', fallback: ['openai/n'] } } });
    expect(await failureOf(registry.get('a').generate(hello))).toMatchObject({ code: 'FW_MODEL_PARTIAL', partial: { text: 'half' } });
    expect(server.requests).toHaveLength(1);
  });
});
