import { afterEach, describe, expect, test, vi } from 'vitest';
import { anthropic } from '../src/anthropic.ts';
import { startFaultServer } from '../src/fault-server.ts';
import type { FaultAnswer, FaultServer, FaultServerOptions, FaultWire } from '../src/fault-server.ts';
import { googleGenAI } from '../src/google-genai.ts';
import { google } from '../src/google.ts';
import { createModelRegistry, memoryLedger } from '../src/index.ts';
import type { Clock, LedgerLine, ModelEvent, ModelProvider, ModelRegistry, ModelRegistryEvents, ModelRegistryOptions } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import type { ProviderOptions } from '../src/openai.ts';
import { failureOf, hello } from './failing-models.ts';

// What a registry promises, over the real SDK and real HTTP of each wire. Models are told apart by their names.
const wires: readonly (readonly [string, FaultWire, (options: ProviderOptions) => ModelProvider])[] = [
  ['openai chat', 'openai-chat', (options) => openai({ ...options, api: 'chat' })],
  ['openai responses', 'openai-responses', (options) => openai({ ...options, api: 'responses' })],
  ['anthropic', 'anthropic', anthropic],
  ['google', 'google', google],
  ['google-genai', 'google', googleGenAI],
];

let server: FaultServer | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await server?.close();
  server = undefined;
});

const ok: FaultAnswer = { text: 'fine', usage: { inputTokens: 10, outputTokens: 2 } };
const fails = (failure: NonNullable<FaultAnswer['error']>['failure'], more: FaultAnswer = {}): FaultAnswer => ({ error: { failure }, ...more });

/** The time of this machine, which goes on at once where somebody waits. */
function skippingClock(): Clock & { waitedMs(): number } {
  let skipped = 0;
  return {
    now: () => Date.now() + skipped,
    async sleep(durationMs) {
      skipped += durationMs;
      await new Promise((resolve) => setImmediate(resolve));
    },
    waitedMs: () => skipped,
  };
}

describe.each(wires)('%s', (_, wire, create) => {
  const apiKey = 'sk-every-wire-0123456789';
  async function registryOn(answers: FaultServerOptions['answers'], options: Partial<ModelRegistryOptions> & { readonly keys?: readonly string[] } = {}): Promise<ModelRegistry> {
    const { keys = [apiKey], ...more } = options;
    server = await startFaultServer({ wire, answers });
    return createModelRegistry({ providers: [create({ name: 'p', apiKey: keys, baseURL: server.baseURL })], models: { alone: { use: 'p/one' }, pair: { use: 'p/one', fallback: ['p/two'] } }, ...more });
  }
  const asked = (): readonly string[] => (server?.requests ?? []).map(({ model }) => model);
  /** The first model as it is told, the second one fine. */
  const byModel = (one: FaultAnswer | readonly FaultAnswer[]): FaultServerOptions['answers'] => (request) => {
    if (request.model !== 'one') return ok;
    const list = Array.isArray(one) ? (one as readonly FaultAnswer[]) : [one as FaultAnswer];
    return list[asked().filter((model) => model === 'one').length - 1] ?? list.at(-1) ?? ok;
  };

  test('500 forever with one attempt → one HTTP request', async () => {
    const registry = await registryOn(fails('server'), { retry: { attempts: 1 } });
    expect(await failureOf(registry.get('alone').generate(hello))).toMatchObject({ failure: 'server', receipt: { attempts: [{ failure: { status: 500 } }] } });
    expect(asked()).toEqual(['one']);
  });

  test('500 then 200 → two requests, two receipts', async () => {
    const registry = await registryOn([fails('server'), ok]);
    const { receipt, text } = await registry.get('alone').generate(hello);
    expect([text, receipt.attempts.map((attempt) => attempt.failure?.kind), asked()]).toEqual(['fine', ['server', undefined], ['one', 'one']]);
  });

  test.each([
    ['retry-after 2 s kept', { 'retry-after': '2' }, 2_000],
    ['retry-after-ms wins over retry-after', { 'retry-after': '9', 'retry-after-ms': '700' }, 700],
    ['HTTP-date', () => ({ date: new Date().toUTCString(), 'retry-after': new Date(Date.now() + 3_000).toUTCString() }), 3_000],
    ['a clock that is 5 min off', () => ({ date: new Date(Date.now() - 300_000).toUTCString(), 'retry-after': new Date(Date.now() - 296_000).toUTCString() }), 4_000],
    ['negative', { 'retry-after': '-5' }, 0],
    ['NaN', { 'retry-after': 'NaN' }, 0],
  ] as const)('%s', async (_name, headers, waitMs) => {
    const clock = skippingClock();
    const registry = await registryOn(() => (asked().length === 1 ? fails('rate-limit', { headers: typeof headers === 'function' ? headers() : headers }) : ok), { retry: { clock, random: () => 0.5 } });
    expect((await registry.get('alone').generate(hello)).receipt.attempts).toHaveLength(2);
    expect(clock.waitedMs()).toBeGreaterThan(waitMs * 0.95 - 50);
    expect(clock.waitedMs()).toBeLessThan(waitMs * 1.3 + 2_500);
  });

  test('an absurd retry-after is clamped to a day and fails fast', async () => {
    const registry = await registryOn(fails('rate-limit', { headers: { 'retry-after': '1e9' } }));
    const { retryAt = 0 } = await failureOf(registry.get('alone').generate(hello));
    expect(Math.abs(retryAt - Date.now() - 86_400_000)).toBeLessThan(60_000);
  });

  test('retry-after 300 with fallback → immediate fallback; without → fails fast with retryAt', async () => {
    const clock = skippingClock();
    const registry = await registryOn(byModel({ error: { failure: 'rate-limit', retryAfterMs: 300_000 } }), { retry: { clock } });
    expect((await registry.get('pair').generate(hello)).receipt.attempts.map(({ model }) => model)).toEqual(['p/one', 'p/two']);
    const failed = await failureOf(registry.get('alone').generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_RATE_LIMIT', failure: 'rate-limit' });
    expect((failed.retryAt ?? 0) - Date.now()).toBeGreaterThan(290_000);
    expect(clock.waitedMs()).toBe(0);
  });

  test('second attempt\'s newer retry-after used', async () => {
    const clock = skippingClock();
    const registry = await registryOn([{ error: { failure: 'rate-limit', retryAfterMs: 1_000 } }, { error: { failure: 'rate-limit', retryAfterMs: 4_000 } }, ok], { retry: { clock } });
    await registry.get('alone').generate(hello);
    // The second time is told by the clock of the machine, which did not wait.
    expect(clock.waitedMs()).toBeGreaterThanOrEqual(3_900);
    expect(asked()).toHaveLength(3);
  });

  test.each([['quota', 'insufficient_quota → next key'], ['auth', '401 with two keys']] as const)('%s: %s, and the first key rests', async (failure, _said) => {
    const registry = await registryOn((request) => (request.apiKey === 'first-key-0123' ? fails(failure) : ok), { keys: ['first-key-0123', 'second-key-0123'] });
    expect((await registry.get('alone').generate(hello)).receipt.attempts.map((attempt) => attempt.failure?.kind)).toEqual([failure, undefined]);
    await registry.get('alone').generate(hello);
    expect(server?.requests.map((request) => request.apiKey)).toEqual(['first-key-0123', 'second-key-0123', 'second-key-0123']);
  });

  test('404 with replacedBy → the replacement, with a warning', async () => {
    const registry = await registryOn(byModel(fails('model-gone')), { cards: { 'p/one': { replacedBy: 'p/new' } } });
    const warned: unknown[] = [];
    registry.on('deprecated', (event) => warned.push(event));
    await registry.get('alone').generate(hello);
    expect([asked(), warned]).toEqual([['one', 'new'], [{ model: 'p/one', reason: 'gone', replacedBy: 'p/new' }]]);
  });

  test.each(['invalid', 'policy', 'parameter'] as const)('%s → no retry, no fallback', async (failure) => {
    const registry = await registryOn(byModel(fails(failure)));
    expect(await failureOf(registry.get('pair').generate(hello))).toMatchObject({ failure });
    expect(asked()).toEqual(['one']);
  });

  test('a refusal in the answer → no fallback by default, one on demand', async () => {
    // Where a refusal is text, it was delivered already, so that only a restart can take it back.
    const registry = await registryOn(byModel({ refusal: 'No.' }), { models: { pair: { use: 'p/one', fallback: ['p/two'] }, insistent: { use: 'p/one', fallback: ['p/two'], fallbackOn: ['policy'], restart: true } } });
    expect(await failureOf(registry.get('pair').generate(hello))).toMatchObject({ failure: 'policy' });
    expect((await registry.get('insistent').generate(hello)).text).toBe('fine');
  });

  test('context error → skips smaller models; estimate over all windows → 0 requests', async () => {
    const models = { a: { use: 'p/one', fallback: ['p/small', 'p/large'] } };
    const cards = { 'p/one': { contextTokens: 10_000 }, 'p/small': { contextTokens: 9_000 }, 'p/large': { contextTokens: 20_000 } };
    const registry = await registryOn(byModel(fails('context')), { models, cards });
    await registry.get('a').generate(hello);
    expect(asked()).toEqual(['one', 'large']);
    const long = { messages: [{ role: 'user' as const, content: 'word '.repeat(100_000) }] };
    expect(await failureOf(registry.get('a').generate(long))).toMatchObject({ failure: 'context' });
    expect(asked()).toHaveLength(2);
  });

  test('all fail → one error listing every attempt', async () => {
    const registry = await registryOn(fails('server'), { retry: { clock: skippingClock() } });
    const failed = await failureOf(registry.get('pair').generate(hello));
    expect(failed.receipt?.attempts.map(({ model }) => model)).toEqual(['p/one', 'p/two', 'p/one', 'p/two']);
    expect(failed.message).toMatch(/4 attempts failed.*\(1\) p\/one.*\(2\) p\/two.*\(3\) p\/one.*\(4\) p\/two/);
  });

  test('breaker: open → 0 requests; half-open with 50 callers → 1 probe; only 429s → stays closed', async () => {
    const clock = skippingClock();
    let mood: FaultAnswer = fails('server');
    const registry = await registryOn(() => mood, { retry: { attempts: 1, clock } });
    const call = (): Promise<unknown> => failureOf(registry.get('alone').generate(hello)).catch(() => undefined);
    for (let count = 0; count < 5; count += 1) await call();
    expect(asked()).toHaveLength(5);
    await call();
    expect(asked()).toHaveLength(5);
    await clock.sleep(16_000);
    mood = { ...ok, delayMs: 50 };
    await Promise.all(Array.from({ length: 50 }, call));
    expect(asked()).toHaveLength(6);
    mood = fails('rate-limit', { headers: { 'retry-after-ms': '1' } });
    for (let count = 0; count < 8; count += 1) {
      await call();
      await clock.sleep(5_000);
    }
    expect(asked()).toHaveLength(14);
  });

  test('error before content → silent fallback', async () => {
    const registry = await registryOn(byModel({ finish: 'none', errorEvent: { failure: 'overloaded' } }));
    const events: ModelEvent[] = [];
    for await (const event of registry.get('pair').stream(hello)) events.push(event);
    expect(events.filter(({ type }) => type === 'start')).toHaveLength(1);
    expect(textOf(events)).toBe('fine');
    expect(asked()).toEqual(['one', 'two']);
  });

  test('error after text → partial, text kept; restart mode → full answer, nothing doubled', async () => {
    const half: FaultAnswer = { text: 'half', finish: 'none', errorEvent: { failure: 'overloaded' } };
    const models = { pair: { use: 'p/one', fallback: ['p/two'] }, again: { use: 'p/one', fallback: ['p/two'], restart: true } };
    const registry = await registryOn(byModel(half), { models });
    expect(await failureOf(registry.get('pair').generate(hello))).toMatchObject({ code: 'FW_MODEL_PARTIAL', partial: { text: 'half' } });
    expect(asked()).toEqual(['one']);
    const events: ModelEvent[] = [];
    const response = await registry.get('again').generate(hello, { onEvent: (event) => events.push(event) });
    expect(response.text).toBe('fine');
    expect(events.map(({ type }) => type).filter((type) => type !== 'text')).toEqual(['start', 'restart', 'start', 'usage', 'finish']);
  });

  test('abort during backoff leaves no timer, abort while queued sends nothing', async () => {
    const registry = await registryOn([{ error: { failure: 'rate-limit', retryAfterMs: 15_000 } }], { models: { alone: { use: 'p/one' } } });
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const controller = new AbortController();
    registry.on('attempt', () => setImmediate(() => controller.abort()));
    expect(await failureOf(registry.get('alone').generate(hello, { signal: controller.signal }))).toMatchObject({ failure: 'cancelled' });
    expect(timers()).toBeLessThanOrEqual(before + 1);
    expect(asked()).toHaveLength(1);
  });

  test('a secret in a key, header or error appears in no log, event or ledger line', async () => {
    const secrets = [apiKey, 'the-header-secret-0123'];
    const said: unknown[] = [];
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) vi.spyOn(console, method).mockImplementation((...words) => void said.push(words));
    for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockImplementation((words) => Boolean(said.push(String(words))));
    const ledger = memoryLedger();
    const lines: LedgerLine[] = [];
    server = await startFaultServer({ wire, answers: [fails('auth', { error: { failure: 'auth', message: `bad ${secrets.join(' and ')}` } }), { finish: 'none', errorEvent: { failure: 'server', message: `broke on ${secrets.join(' and ')}` } }, fails('server', { error: { failure: 'server', message: secrets.join(' ') } })] });
    const registry = createModelRegistry({
      providers: [create({ name: 'p', apiKey, baseURL: server.baseURL, headers: { 'x-secret': secrets[1] ?? '' } })],
      models: { pair: { use: 'p/one', fallback: ['p/two', 'p/three'] } },
      ledger: { ...ledger, settle: (id, settled) => { lines.push(...settled); return ledger.settle(id, settled); } },
    });
    for (const name of ['attempt', 'fallback', 'throttled', 'budget', 'breaker', 'deprecated'] as const) registry.on(name, (event: ModelRegistryEvents[typeof name]) => said.push(event));
    const failed = await failureOf(registry.get('pair').generate(hello));
    vi.restoreAllMocks();
    expect(lines.length).toBeGreaterThanOrEqual(3);
    const everything = JSON.stringify([said, lines, failed, failed.message, failed.stack, String(failed.cause), failed.receipt]);
    for (const secret of secrets) expect(everything).not.toContain(secret);
  });
});

test('a million tiny calls sum exactly', async () => {
  const ledger = memoryLedger();
  const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 333 };
  const line: LedgerLine = { id: 'x', model: 'p/m', scope: { run: 'r' }, startedAt: 0, durationMs: 0, usage };
  const lines = Array.from({ length: 1_000 }, () => line);
  for (let turn = 0; turn < 1_000; turn += 1) {
    await ledger.reserve({ id: String(turn), model: 'p/m', scope: { run: 'r' }, bound: usage, budgets: [] });
    await ledger.settle(String(turn), lines);
  }
  expect(ledger.usage({ run: 'r' })).toEqual({ ...usage, inputTokens: 1_000_000, outputTokens: 1_000_000, costNanoUsd: 333_000_000 });
});

test('interleaved pieces of parallel calls come together, whatever order the service sends them in', async () => {
  const calls = [{ id: 'a', name: 'one', arguments: { long: 'x'.repeat(50) } }, { id: 'b', name: 'two', arguments: { long: 'y'.repeat(50) } }];
  const swap = (events: readonly string[]): readonly string[] => {
    const isPiece = (event: string): boolean => event.includes('input_json_delta');
    const pieces = events.filter(isPiece);
    const half = pieces.length / 2;
    const turns = pieces.slice(0, half).flatMap((piece, index) => [piece, pieces[half + index] ?? '']);
    const starts = events.filter((event) => event.includes('"tool_use"') && event.includes('content_block_start'));
    const rest = events.filter((event) => !isPiece(event) && !starts.includes(event) && !event.includes('content_block_stop'));
    const end = rest.findIndex((event) => event.includes('message_delta'));
    return [...rest.slice(0, end), ...starts, ...turns, ...rest.slice(end)];
  };
  server = await startFaultServer({ wire: 'anthropic', answers: { toolCalls: calls, edit: swap } });
  const registry = createModelRegistry({ providers: [anthropic({ apiKey: 'k', baseURL: server.baseURL })], models: { a: { use: 'anthropic/m' } } });
  expect((await registry.get('a').generate(hello)).toolCalls).toEqual(calls);
});

function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.delta : '')).join('');
}
