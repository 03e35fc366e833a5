import { describe, expect, test } from 'vitest';
import { createModel, createModelRegistry, memoryLedger, withLedger } from '../src/index.ts';
import type { BudgetEvent, Ledger, Model, ModelBudget, ModelRequest } from '../src/index.ts';
import { testLedger } from '../src/conformance.ts';
import { billingProvider, card } from './billing-provider.ts';
import type { BillingProvider, Reply } from './billing-provider.ts';
import { failureOf, hello } from './failing-models.ts';

testLedger('in memory', () => memoryLedger());

function booked(provider: BillingProvider, budgets: { readonly [name: string]: ModelBudget } = {}): { model: Model; ledger: Ledger } {
  const ledger = memoryLedger();
  return { ledger, model: withLedger(createModel(provider, 'm', { card }), { ledger, budgets, card }) };
}

const scope = { run: 'r1', agent: 'developer' };

describe('withLedger', () => {
  test('books exactly what the service said, at the price of the card', async () => {
    const provider = billingProvider();
    const { model, ledger } = booked(provider, { run: { usd: 1 } });
    const { usage, receipt } = await model.generate(hello, { scope });
    expect(usage.inputTokens + usage.outputTokens).toBe(provider.billedTokens());
    expect(usage).toMatchObject({ estimated: false, costNanoUsd: usage.inputTokens * 1_000 + usage.outputTokens * 10_000 });
    expect(ledger.usage({ run: 'r1' })).toEqual(usage);
    expect(receipt.attempts[0]?.usage).toEqual(usage);
  });

  test('refuses before sending what might cost more than is left, and says the figures', async () => {
    const provider = billingProvider();
    const { model } = booked(provider, { run: { usd: 0.000_001 } });
    const failed = await failureOf(model.generate(hello, { scope }));
    expect(failed).toMatchObject({ code: 'FW_MODEL_BUDGET', failure: 'budget', retryable: false, receipt: { attempts: [{ sent: false, failure: { kind: 'budget' } }] } });
    expect(failed.message).toContain('budget "run" of 0.000001 USD');
    expect(provider.sent).toHaveLength(0);
  });

  test('sets a limit of output tokens that fits what is left, when the request sets none', async () => {
    const provider = billingProvider();
    const { model } = booked(provider, { run: { tokens: 1_000 } });
    await model.generate(hello, { scope });
    expect(provider.sent[0]?.maxOutputTokens).toBeGreaterThanOrEqual(256);
    expect(provider.sent[0]?.maxOutputTokens).toBeLessThan(1_000);
  });

  test('does the same for a budget of money', async () => {
    const provider = billingProvider();
    const { model, ledger } = booked(provider, { run: { usd: 0.01 } });
    await model.generate(hello, { scope });
    const { maxOutputTokens = 0 } = provider.sent[0] ?? {};
    expect(maxOutputTokens).toBeGreaterThan(900);
    expect(maxOutputTokens * 10_000).toBeLessThan(10_000_000);
    expect(ledger.usage().costNanoUsd).toBeLessThan(10_000_000);
  });

  test('leaves a limit of output tokens as the request names it, and refuses when that does not fit', async () => {
    const provider = billingProvider();
    const { model } = booked(provider, { run: { tokens: 1_000 } });
    expect(await failureOf(model.generate({ ...hello, maxOutputTokens: 2_000 }, { scope }))).toMatchObject({ code: 'FW_MODEL_BUDGET' });
    await model.generate({ ...hello, maxOutputTokens: 300 }, { scope });
    expect(provider.sent.map((request) => request.maxOutputTokens)).toEqual([300]);
  });

  test('sends a request without budgets as it is', async () => {
    const provider = billingProvider();
    await booked(provider).model.generate(hello, { scope });
    expect(provider.sent).toEqual([hello]);
  });

  test('an unknown price is refused under a budget of money, and unknown in the books without one', async () => {
    const provider = billingProvider();
    const ledger = memoryLedger();
    const bare = createModel(provider, 'm');
    const failed = await failureOf(withLedger(bare, { ledger, budgets: { run: { usd: 100 } } }).generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_BUDGET', message: expect.stringContaining('Nobody knows what billing/m costs') as string });
    expect(provider.sent).toHaveLength(0);
    await withLedger(bare, { ledger }).generate(hello);
    expect(ledger.usage().costNanoUsd).toBe('unknown');
  });

  test('media is covered by what the card says it may count, and refused under a budget when no card says it', async () => {
    const provider = billingProvider();
    const request: ModelRequest = { messages: [{ role: 'user', content: [{ type: 'image', mediaType: 'image/png', data: 'iVBORw0KGgo=' }] }], maxOutputTokens: 10 };
    expect(await failureOf(booked(provider, { run: { tokens: 50_000 } }).model.generate(request))).toMatchObject({ code: 'FW_MODEL_BUDGET', message: expect.stringContaining('maxMediaTokens') as string });
    const withMedia = { ...card, maxMediaTokens: 5_000 };
    const generous = withLedger(createModel(provider, 'm', { card: withMedia }), { ledger: memoryLedger(), card: withMedia, budgets: { run: { tokens: 4_000 } } });
    const failed = await failureOf(generous.generate(request));
    expect(failed.message).toMatch(/up to 5\d\d\d tokens/);
    expect(provider.sent).toHaveLength(0);
  });

  test('each run, agent and call has a budget of its own, and every one of them must cover a request', async () => {
    const provider = billingProvider(() => 'answer', 500);
    const { model } = booked(provider, { run: { tokens: 2_000 }, agent: { tokens: 1_200 }, call: { tokens: 900 } });
    const request = { ...hello, maxOutputTokens: 600 };
    const say = (run: string, agent: string): Promise<string> => model.generate(request, { scope: { run, agent } }).then(() => 'sent', (error: Error) => /budget "(\w+)"/.exec(error.message)?.[1] ?? '');
    expect([await say('r1', 'a'), await say('r1', 'a'), await say('r1', 'b'), await say('r1', 'b'), await say('r1', 'c'), await say('r1', 'd')]).toEqual(['sent', 'sent', 'sent', 'run', 'run', 'run']);
    expect(await say('r2', 'a')).toBe('sent');
    expect(await failureOf(model.generate({ ...hello, maxOutputTokens: 1_000 }, { scope: { run: 'r3' } }))).toMatchObject({ message: expect.stringContaining('budget "call"') as string });
  });

  test('any name of a scope can have a budget', async () => {
    const { model } = booked(billingProvider(), { team: { tokens: 1 } });
    expect(await failureOf(model.generate(hello, { scope: { team: 'red' } }))).toMatchObject({ message: expect.stringContaining('budget "team" of 1 tokens') as string });
  });

  test.each<[Reply, string]>([
    ['cut', 'an answer that is cut off'],
    ['reset', 'a connection that breaks before the answer'],
  ])('books the whole reservation, marked estimated, for %s: %s', async (reply) => {
    const provider = billingProvider(() => reply);
    const { model, ledger } = booked(provider, { run: { tokens: 5_000 } });
    await failureOf(model.generate({ ...hello, maxOutputTokens: 1_000 }, { scope }));
    expect(ledger.usage()).toMatchObject({ estimated: true, outputTokens: 1_000 });
    expect(provider.billedTokens()).toBeLessThanOrEqual(ledger.usage().inputTokens + ledger.usage().outputTokens);
  });

  test('books nothing for a request that was turned away, and gives all of it back', async () => {
    const { model, ledger } = booked(billingProvider((number) => (number === 0 ? 'refuse' : 'answer')), { run: { tokens: 1_000 } });
    await failureOf(model.generate({ ...hello, maxOutputTokens: 800 }, { scope }));
    expect(ledger.usage()).toMatchObject({ inputTokens: 0, outputTokens: 0, estimated: false });
    await model.generate({ ...hello, maxOutputTokens: 800 }, { scope });
  });

  test('stream without usage is estimated from what was delivered, never below what it can have cost', async () => {
    const provider = billingProvider(() => 'silent');
    const { model, ledger } = booked(provider, { run: { tokens: 5_000 } });
    const { usage } = await model.generate({ ...hello, maxOutputTokens: 1_000 }, { scope });
    expect(usage.estimated).toBe(true);
    expect(usage.outputTokens).toBeLessThan(100);
    expect(provider.billedTokens()).toBeLessThanOrEqual(ledger.usage().inputTokens + ledger.usage().outputTokens);
  });

  test('books an answer that its caller aborts or leaves', async () => {
    const provider = billingProvider(() => 'stall');
    const { model, ledger } = booked(provider, { run: { tokens: 5_000 } });
    const controller = new AbortController();
    const request = { ...hello, maxOutputTokens: 1_000 };
    await failureOf(model.generate(request, { scope, signal: controller.signal, onEvent: () => controller.abort() }));
    for await (const event of model.stream(request, { scope })) if (event.type === 'text') break;
    expect(ledger.usage()).toMatchObject({ estimated: true, outputTokens: 2_000 });
    expect(provider.billedTokens()).toBeLessThanOrEqual(ledger.usage().inputTokens + ledger.usage().outputTokens);
  });

  test('a ledger that does not answer means that nothing is sent; one that cannot book does not take the answer away', async () => {
    const provider = billingProvider();
    const down = async (): Promise<never> => { throw new Error('disk full'); };
    const unable = withLedger(createModel(provider, 'm', { card }), { ledger: { ...memoryLedger(), reserve: down }, card });
    expect(await failureOf(unable.generate(hello))).toMatchObject({ code: 'FW_MODEL_BUDGET', message: expect.stringContaining('disk full') as string });
    expect(provider.sent).toHaveLength(0);
    const forgetful = withLedger(createModel(provider, 'm', { card }), { ledger: { ...memoryLedger(), settle: down }, card });
    expect((await forgetful.generate(hello)).text).toContain('w');
  });
});

describe('budgets of a registry', () => {
  test('are kept over retries and fallbacks, reported as an event, and end in FW_MODEL_BUDGET', async () => {
    const provider = billingProvider((number) => (number === 0 ? 'refuse' : 'answer'), 1);
    const registry = createModelRegistry({
      providers: [provider],
      models: { a: { use: 'billing/m', fallback: ['billing/n'] } },
      cards: { 'billing/m': card, 'billing/n': card },
      budgets: { run: { tokens: 1_000 } },
      retry: { random: () => 0 },
    });
    const events: BudgetEvent[] = [];
    registry.on('budget', (event) => events.push(event));
    const response = await registry.get('a').generate({ ...hello, maxOutputTokens: 300 }, { scope });
    expect(response.receipt.attempts.map((attempt) => attempt.model)).toEqual(['billing/m', 'billing/n']);
    const failed = await failureOf(registry.get('a').generate({ ...hello, maxOutputTokens: 950 }, { scope }));
    expect(failed).toMatchObject({ code: 'FW_MODEL_BUDGET' });
    expect(events).toEqual([{ key: failed.receipt?.key, model: 'billing/m', scope, refusal: expect.objectContaining({ budget: 'run', unit: 'tokens', limit: 1_000 }) as object }]);
    expect(registry.usage({ run: 'r1' })).toEqual(response.usage);
  });

  test('a million tiny calls sum exactly', async () => {
    const ledger = memoryLedger();
    const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 11 };
    const held = { model: 'p/m', scope, bound: { ...usage, costNanoUsd: 1_000 * 11 }, budgets: [{ name: 'run', key: 'r', limitNanoUsd: 11_000_000 }] };
    const lines = Array.from({ length: 1_000 }, () => ({ id: 'x', model: 'p/m', scope, startedAt: 0, durationMs: 0, usage }));
    for (let index = 0; index < 1_000; index += 1) {
      const id = String(index);
      await ledger.reserve({ ...held, id });
      await ledger.settle(id, lines);
    }
    expect(ledger.usage()).toMatchObject({ inputTokens: 1_000_000, outputTokens: 1_000_000, costNanoUsd: 11_000_000 });
    expect(await ledger.reserve({ ...held, id: 'one more' })).toMatchObject({ status: 'refused' });
  });
});
