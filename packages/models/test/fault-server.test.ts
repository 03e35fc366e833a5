import { afterEach, describe, expect, test } from 'vitest';
import { anthropic } from '../src/anthropic.ts';
import { startFaultServer } from '../src/fault-server.ts';
import type { FaultServer, FaultServerOptions } from '../src/fault-server.ts';
import { googleGenAI } from '../src/google-genai.ts';
import { createModel } from '../src/index.ts';
import type { Model } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import { failureOf, hello } from './failing-models.ts';

let server: FaultServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(options: Partial<FaultServerOptions> = {}, apiKey: string | string[] = 'key-one'): Promise<Model> {
  server = await startFaultServer({ wire: 'openai-chat', answers: { text: 'ok', usage: { inputTokens: 30, outputTokens: 10 } }, ...options });
  return createModel(openai({ apiKey, baseURL: server.baseURL }), 'm1');
}

test('answers one by one, the last one again, and shows what it was asked', async () => {
  const model = await serve({ answers: [{ text: 'one' }, { text: 'two' }] });
  const texts = [];
  for (let count = 0; count < 3; count += 1) texts.push((await model.generate(hello)).text);
  expect(texts).toEqual(['one', 'two', 'two']);
  expect(server?.requests.map(({ number, text, model: name, apiKey, path }) => [number, text, name, apiKey, path])).toEqual([0, 1, 2].map((number) => [number, 'hello', 'm1', 'key-one', '/v1/chat/completions']));
});

test('lets in only the keys it is told', async () => {
  const model = await serve({ apiKeys: ['key-one'] });
  expect((await model.generate(hello)).text).toBe('ok');
  const other = createModel(openai({ apiKey: 'key-two', baseURL: server?.baseURL ?? '' }), 'm1');
  expect(await failureOf(other.generate(hello))).toMatchObject({ failure: 'auth', status: 401 });
});

test('an answer of its own that throws says so', async () => {
  const model = await serve({ answers: () => { throw new Error('a mistake in the test'); } });
  expect((await failureOf(model.generate(hello))).message).toContain('a mistake in the test');
});

test('a path of another wire is refused', async () => {
  server = await startFaultServer({ wire: 'anthropic', answers: {} });
  expect(await failureOf(createModel(openai({ apiKey: 'k', baseURL: server.baseURL }), 'm').generate(hello))).toMatchObject({ status: 404 });
});

describe('its bill', () => {
  test('holds the tokens of each key', async () => {
    await serve();
    for (const [apiKey, count] of [['key-one', 2], ['key-two', 1]] as const) {
      const model = createModel(openai({ apiKey, baseURL: server?.baseURL ?? '' }), 'm1');
      for (let done = 0; done < count; done += 1) await model.generate(hello);
    }
    expect(server?.bill()).toEqual({
      'key-one': { requests: 2, admitted: 2, refused: 0, inputTokens: 60, outputTokens: 20 },
      'key-two': { requests: 1, admitted: 1, refused: 0, inputTokens: 30, outputTokens: 10 },
    });
  });

  test('holds the input and a part of the output of an answer that was cut', async () => {
    const model = await serve({ answers: { text: Array.from({ length: 20 }, () => 'word '), usage: { inputTokens: 30, outputTokens: 1_000 }, cutAt: 1_500 } });
    await failureOf(model.generate(hello));
    const { inputTokens = 0, outputTokens = 0 } = server?.bill()['key-one'] ?? {};
    expect(inputTokens).toBe(30);
    expect(outputTokens).toBeGreaterThan(0);
    expect(outputTokens).toBeLessThan(1_000);
  });

  test('does not hold what was refused', async () => {
    const model = await serve({ answers: { error: { failure: 'server' } } });
    await failureOf(model.generate(hello));
    expect(server?.bill()).toEqual({ 'key-one': { requests: 1, admitted: 0, refused: 0, inputTokens: 0, outputTokens: 0 } });
  });
});

describe('its limits', () => {
  test('let in no more requests at once than are saved up, and say when to come back', async () => {
    const model = await serve({ limits: { requestsPerSecond: 0.01, requestBurst: 3 } });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => model.generate(hello)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(3);
    expect(server?.bill()['key-one']).toMatchObject({ requests: 8, admitted: 3, refused: 5 });
    const failed = await failureOf(model.generate(hello));
    expect(failed).toMatchObject({ failure: 'rate-limit' });
    expect(failed.retryAt).toBeGreaterThan(Date.now() + 60_000);
  });

  test('count tokens, and take no request for what tokens refuse', async () => {
    const model = await serve({ limits: { requestsPerSecond: 0.01, requestBurst: 2, tokensPerSecond: 1, tokenBurst: 79 } });
    await model.generate(hello);
    expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'rate-limit' });
    expect(server?.bill()['key-one']).toMatchObject({ admitted: 1, refused: 1 });
  });

  test('stand apart for each key', async () => {
    await serve({ limits: { requestsPerSecond: 0.01, requestBurst: 1 } });
    for (const apiKey of ['key-one', 'key-two']) {
      const model = createModel(openai({ apiKey, baseURL: server?.baseURL ?? '' }), 'm1');
      expect((await model.generate(hello)).text).toBe('ok');
      expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'rate-limit' });
    }
  });

  test.each([
    ['openai-chat', 'x-ratelimit-remaining-requests', (baseURL: string) => openai({ apiKey: 'k', baseURL, api: 'chat' })],
    ['openai-responses', 'x-ratelimit-remaining-requests', (baseURL: string) => openai({ apiKey: 'k', baseURL, api: 'responses' })],
    ['anthropic', 'anthropic-ratelimit-requests-remaining', (baseURL: string) => anthropic({ apiKey: 'k', baseURL })],
    ['google', '', (baseURL: string) => googleGenAI({ apiKey: 'k', baseURL })],
  ] as const)('are told in the words of %s', async (wire, header, create) => {
    server = await startFaultServer({ wire, answers: { text: 'ok' }, limits: { requestsPerSecond: 0.1, requestBurst: 1, tokensPerSecond: 10, tokenBurst: 1_000 } });
    const provider = create(server.baseURL);
    const seen: Record<string, string>[] = [];
    const call = { model: 'm', key: 'k', attempt: 1, signal: new AbortController().signal, onHeaders: (headers: Record<string, string>) => seen.push(headers) };
    for await (const event of provider.stream(hello, call)) void event;
    if (header !== '') {
      expect(seen[0]).toMatchObject({ [header]: '0' });
      expect(Number(seen[0]?.[header.replace('requests', 'tokens')])).toBeLessThan(1_000);
      expect(seen[0]?.[header.replace('remaining', 'reset').replace('requests', 'tokens')]).toMatch(wire === 'anthropic' ? /^\d{4}-\d\d-\d\dT/ : /^\d+(\.\d+)?m?s$/);
    }
    const before = Date.now();
    const { retryAt } = await failureOf(createModel(provider, 'm').generate(hello));
    expect(retryAt).toBeGreaterThan(before + 1_000);
    expect(retryAt).toBeLessThan(Date.now() + 11_000);
  });
});
