import { describe, expect, test } from 'vitest';
import { createModel, createModelRegistry, ModelError, withFallback, withRetry } from '../src/index.ts';
import type { DeprecatedEvent, ModelCard, ModelConfig, ModelEvent, ModelRegistry, ModelRequest } from '../src/index.ts';
import { failureOf, hello } from './failing-models.ts';
import { failingProvider } from './failing-provider.ts';
import type { Outcome, SentRequest } from './failing-provider.ts';
import { createTestClock } from './test-clock.ts';

interface Scene {
  readonly registry: ModelRegistry;
  readonly sent: SentRequest[];
  readonly clock: ReturnType<typeof createTestClock>;
}

function scene(choose: (sent: SentRequest, number: number) => Outcome, config: Partial<ModelConfig> = {}, cards: { readonly [reference: string]: ModelCard } = {}): Scene {
  const clock = createTestClock();
  const provider = failingProvider(choose);
  const registry = createModelRegistry({ providers: [provider], models: { a: { use: 'p/one', fallback: ['p/two', 'p/three'], ...config } }, cards, retry: { clock } });
  return { registry, sent: provider.sent, clock };
}

const names = (sent: readonly SentRequest[]): readonly string[] => sent.map(({ model }) => model);

describe('a context that is too long', () => {
  const cards = { 'p/one': { contextTokens: 100_000 }, 'p/two': { contextTokens: 50_000 }, 'p/three': { contextTokens: 200_000 } };

  test('skips smaller models', async () => {
    const { registry, sent } = scene(({ model }) => (model === 'one' ? 'context' : 'answer'), {}, cards);
    expect((await registry.get('a').generate(hello)).text).toBe('three answers');
    expect(names(sent)).toEqual(['one', 'three']);
  });

  test('goes nowhere when no larger one is known', async () => {
    const { registry, sent } = scene(() => 'context');
    expect(await failureOf(registry.get('a').generate(hello))).toMatchObject({ code: 'FW_MODEL_CONTEXT' });
    expect(sent).toHaveLength(1);
  });

  test('estimate over all windows → 0 requests', async () => {
    const { registry, sent } = scene(() => 'answer', {}, { 'p/one': { contextTokens: 10 }, 'p/two': { contextTokens: 10 }, 'p/three': { contextTokens: 10 } });
    const failed = await failureOf(registry.get('a').generate({ messages: [{ role: 'user', content: 'many words '.repeat(100) }] }));
    expect(failed).toMatchObject({ code: 'FW_MODEL_CONTEXT', receipt: { attempts: [] } });
    expect(failed.message).toContain('it holds 10');
    expect(sent).toHaveLength(0);
  });

  test('leaves out a model whose window is too small from the start', async () => {
    const { registry, sent } = scene(() => 'answer', {}, { 'p/one': { contextTokens: 10 } });
    await registry.get('a').generate({ ...hello, maxOutputTokens: 100 });
    expect(names(sent)).toEqual(['two']);
  });
});

describe('capabilities', () => {
  const request: ModelRequest = { ...hello, tools: [{ name: 't', description: 'a tool', inputSchema: { type: 'object' } }] };

  test('fallback lacking tools or vision skipped with a reason', async () => {
    const { registry, sent } = scene(({ model }) => (model === 'one' ? 'server' : 'answer'), {}, { 'p/two': { capabilities: ['images'] } });
    expect((await registry.get('a').generate(request)).text).toBe('three answers');
    expect(names(sent)).toEqual(['one', 'three']);
    expect(registry.explain('a', request).candidates[1]).toEqual({ model: 'p/two', taken: false, reason: 'fallback of "a"; passed over: it lacks "tools", which the request needs' });
    const picture: ModelRequest = { messages: [{ role: 'user', content: [{ type: 'image', mediaType: 'image/png', data: 'aaaa' }] }] };
    expect(registry.explain('a', picture).candidates.map(({ taken }) => taken)).toEqual([true, true, true]);
  });

  test('that no model has are a refusal without a request', async () => {
    const { registry, sent } = scene(() => 'answer', { fallback: [] }, { 'p/one': { capabilities: [] } });
    expect(await failureOf(registry.get('a').generate(request))).toMatchObject({ code: 'FW_MODEL_INVALID', message: expect.stringContaining('p/one: it lacks "tools"') as string });
    expect(sent).toHaveLength(0);
  });
});

describe('a refusal on principle', () => {
  test('no fallback by default', async () => {
    const { registry, sent } = scene(() => 'policy');
    expect(await failureOf(registry.get('a').generate(hello))).toMatchObject({ code: 'FW_MODEL_POLICY' });
    expect(sent).toHaveLength(1);
  });

  test('a fallback when it is asked for', async () => {
    const { registry } = scene(({ model }) => (model === 'one' ? 'policy' : 'answer'), { fallbackOn: ['policy'] });
    expect((await registry.get('a').generate(hello)).text).toBe('two answers');
  });
});

describe('budgets and fallbacks', () => {
  const dear: ModelCard = { price: { usdPerMillion: { input: 1_000, output: 1_000 } } };
  const cheap: ModelCard = { price: { usdPerMillion: { input: 0.001, output: 0.001 } } };

  async function ask(config: Partial<ModelConfig>): Promise<string> {
    const provider = failingProvider(({ model }) => (model === 'down' ? 'server' : 'answer'));
    const registry = createModelRegistry({ providers: [provider], models: { a: { use: 'p/one', ...config } }, cards: { 'p/one': dear, 'p/down': cheap, 'p/two': cheap }, budgets: { run: { usd: 0.01 } }, retry: { clock: createTestClock() } });
    return registry.get('a').generate({ ...hello, maxOutputTokens: 100 }).then(({ text }) => text, (error: ModelError) => error.code);
  }

  test('fallback over budget refused', async () => {
    expect(await ask({ use: 'p/down', fallback: ['p/one'] })).toBe('FW_MODEL_BUDGET');
  });

  test('a cheaper model only when it is asked for', async () => {
    expect(await ask({ fallback: ['p/two'] })).toBe('FW_MODEL_BUDGET');
    expect(await ask({ fallback: ['p/two'], fallbackOn: ['budget'] })).toBe('two answers');
  });

  test('are part of the explanation', () => {
    const provider = failingProvider(() => 'answer');
    const registry = createModelRegistry({ providers: [provider], models: { a: { use: 'p/one' } }, cards: { 'p/one': dear }, budgets: { run: { usd: 0.01 } } });
    expect(registry.explain('a', { ...hello, maxOutputTokens: 100 }, { run: 'r' }).candidates[0]?.reason).toContain('the budget "run" has no room for it');
  });
});

describe('a model that is gone', () => {
  const cards = { 'p/one': { replacedBy: 'p/new' } };

  test('404 with replacedBy: the replacement, then the chain, with a warning once', async () => {
    const { registry, sent } = scene(({ model }) => (model === 'one' ? 'model-gone' : model === 'new' ? 'server' : 'answer'), {}, cards);
    const warnings: DeprecatedEvent[] = [];
    registry.on('deprecated', (event) => warnings.push(event));
    expect((await registry.get('a').generate(hello)).text).toBe('two answers');
    expect(names(sent)).toEqual(['one', 'new', 'two']);
    await registry.get('a').generate(hello);
    expect(names(sent).slice(3)).toEqual(['new', 'two']);
    expect(warnings).toEqual([{ model: 'p/one', reason: 'gone', replacedBy: 'p/new' }]);
  });

  test('its replacement is not asked while it is there', async () => {
    const { registry, sent } = scene(({ model }) => (model === 'one' ? 'server' : 'answer'), {}, cards);
    await registry.get('a').generate(hello);
    expect(names(sent)).toEqual(['one', 'two']);
    expect(registry.list()).toEqual([{ name: 'a', candidates: ['p/one', 'p/two', 'p/three'], simulated: false }]);
    expect(registry.explain('a', hello).candidates[1]).toMatchObject({ model: 'p/new', taken: false });
  });

  test('a retired model fails at resolve and names its replacement; a retired fallback is left out', async () => {
    const retiring = { retiresAt: '2026-01-01', replacedBy: 'p/new' };
    const primary = scene(() => 'answer', {}, { 'p/one': retiring });
    expect(() => primary.registry.get('a')).toThrow(expect.objectContaining({ code: 'FW_MODEL_GONE', message: expect.stringContaining('Use p/new') as string }));
    const fallback = scene(({ model }) => (model === 'one' ? 'server' : 'answer'), {}, { 'p/two': retiring });
    expect((await fallback.registry.get('a').generate(hello)).text).toBe('three answers');
    expect(fallback.registry.explain('a', hello).candidates.find(({ model }) => model === 'p/two')).toMatchObject({ taken: false });
  });

  test('a deprecated model is used and reported once', async () => {
    const { registry } = scene(() => 'answer', {}, { 'p/one': { deprecatedAt: '2026-01-01', retiresAt: '2999-01-01' } });
    const warnings: DeprecatedEvent[] = [];
    registry.on('deprecated', (event) => warnings.push(event));
    for (let call = 0; call < 3; call += 1) await registry.get('a').generate(hello);
    expect(warnings).toEqual([{ model: 'p/one', reason: 'deprecated', retiresAt: '2999-01-01' }]);
  });

  test('a version is sent by the name its card gives', async () => {
    const { registry, sent } = scene(() => 'answer', { use: 'p/one@2026-06-30' }, { 'p/one@2026-06-30': { sendAs: 'one-20260630' }, 'p/one': { sendAs: 'one-latest' } });
    const { receipt } = await registry.get('a').generate(hello);
    expect(names(sent)).toEqual(['one-20260630']);
    expect(receipt.attempts[0]?.model).toBe('p/one@2026-06-30');
    await registry.get('p/one').generate(hello);
    expect(names(sent)[1]).toBe('one-latest');
  });
});

describe('an answer that breaks off', () => {
  test('restart mode → full answer, nothing doubled', async () => {
    const { registry } = scene(({ model }) => (model === 'one' ? { after: 'half an', failure: 'truncated' } : 'answer'), { restart: true });
    const response = await registry.get('a').generate(hello);
    expect(response).toMatchObject({ text: 'two answers', model: 'two', message: { content: [{ type: 'text', text: 'two answers' }] } });
    const events: ModelEvent[] = [];
    for await (const event of registry.get('a').stream(hello)) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['start', 'text', 'restart', 'start', 'text', 'usage', 'finish']);
    expect(events[2]).toEqual({ type: 'restart', reason: 'truncated' });
  });

  test('without it the text is kept and nobody else is asked', async () => {
    const { registry, sent } = scene(() => ({ after: 'half an', failure: 'truncated' }));
    expect(await failureOf(registry.get('a').generate(hello))).toMatchObject({ code: 'FW_MODEL_PARTIAL', partial: { text: 'half an' } });
    expect(sent).toHaveLength(1);
  });
});

describe('a parameter that a model does not know', () => {
  const refused = (message: string): ModelError => new ModelError('FW_MODEL_PARAMETER', { message, failure: 'parameter', status: 400 });

  test('unsupported max_tokens rewritten once, and from the start next time', async () => {
    const { registry, sent } = scene(({ request }) => (request.maxOutputTokens === undefined ? 'answer' : refused("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")));
    const { receipt } = await registry.get('a').generate({ ...hello, maxOutputTokens: 50 });
    expect(receipt.attempts).toHaveLength(2);
    expect(sent[1]?.request).toEqual({ ...hello, providerOptions: { p: { max_completion_tokens: 50 } } });
    await registry.get('a').generate({ ...hello, maxOutputTokens: 60 });
    expect(sent[2]?.request.providerOptions).toEqual({ p: { max_completion_tokens: 60 } });
    expect(sent).toHaveLength(3);
  });

  test('is rewritten no second time, and not to another model', async () => {
    const { registry, sent } = scene(() => refused("'temperature' does not support 0.2 with this model."));
    expect(await failureOf(registry.get('a').generate({ ...hello, temperature: 0.2 }))).toMatchObject({ code: 'FW_MODEL_PARAMETER' });
    expect(names(sent)).toEqual(['one', 'one']);
    expect(sent[1]?.request).toEqual(hello);
  });

  test('that nothing is known about fails at once', async () => {
    const { registry, sent } = scene(() => refused("Unknown parameter: 'magic'."));
    await failureOf(registry.get('a').generate({ ...hello, temperature: 1 }));
    expect(sent).toHaveLength(1);
  });
});

describe('retries', () => {
  test('are at most 20 % of calls once more than 10 were made', async () => {
    const { registry, sent } = scene(() => 'malformed', { fallback: [] });
    for (let call = 0; call < 200; call += 1) await failureOf(registry.get('a').generate(hello));
    expect(sent.length).toBeGreaterThan(230);
    expect(sent.length).toBeLessThanOrEqual(200 + 40);
  });

  test('invalid tool schema → no retry, no fallback', async () => {
    const { registry, sent } = scene(() => 'invalid');
    await failureOf(registry.get('a').generate(hello));
    expect(sent).toHaveLength(1);
  });

  test('all fail → one error listing every attempt', async () => {
    const { registry } = scene(() => 'quota');
    const failed = await failureOf(registry.get('a').generate(hello));
    expect(failed.receipt?.attempts.map(({ model }) => model)).toEqual(['p/one', 'p/two', 'p/three']);
    for (const name of ['p/one', 'p/two', 'p/three']) expect(failed.message).toContain(name);
  });

  test('abort during backoff ends at once', async () => {
    const provider = failingProvider(() => 'server');
    const controller = new AbortController();
    const call = failureOf(withRetry(withFallback([createModel(provider, 'm')])).generate(hello, { signal: controller.signal, onAttempt: () => setTimeout(() => controller.abort(), 5) }));
    const started = performance.now();
    expect(await call).toMatchObject({ code: 'FW_MODEL_CANCELLED' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
