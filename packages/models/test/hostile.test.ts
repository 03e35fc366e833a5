import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startFaultServer } from '../src/fault-server.ts';
import { createModelRegistry } from '../src/index.ts';
import type { ModelProvider, ModelRegistry, ModelRegistryOptions, ModelRequest, ThrottledEvent } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import { scripted } from '../src/scripted.ts';
import { sqliteLedger, sqliteLimitStore } from '../src/sqlite.ts';
import { failureOf, hello } from './failing-models.ts';

const fine = scripted({ script: [{ then: { text: 'fine' } }] });
function registryOf(provider: unknown, more: Partial<ModelRegistryOptions> = {}): ModelRegistry {
  return createModelRegistry({ providers: [provider as ModelProvider], models: { a: { use: `${(provider as ModelProvider | null)?.name ?? 'x'}/m` } }, retry: { attempts: 1 }, ...more });
}
const streaming = (stream: unknown): unknown => ({ specVersion: 1, name: 'odd', stream });
const finish = { type: 'finish', reason: 'stop', raw: '' };

test.each([[null], [undefined], [5], ['x'], [{}], [[]], [{ specVersion: 1 }], [{ specVersion: 1, name: 'x', stream: 5 }], [{ specVersion: 1, name: null, stream: () => undefined }]])('a provider that is none is refused: %j', (provider) => {
  expect(() => registryOf(provider)).toThrow(expect.objectContaining({ name: 'ModelError' }));
});

test.each([[undefined], [null], [{}], [{ providers: [fine], models: null }], [{ providers: null, models: {} }]])('options that are none are refused: %j', (options) => {
  expect(() => createModelRegistry(options as unknown as ModelRegistryOptions)).toThrow(expect.objectContaining({ code: 'FW_MODEL_CONFIG' }));
});

test.each([[''], [undefined], [null], [5], [{}], ['/'], ['a/'], ['/b'], ['scripted/ m'], ['__proto__'], ['toString']])('a name of no model is unknown: %j', (name) => {
  expect(() => registryOf(fine).get(name as string)).toThrow(expect.objectContaining({ code: 'FW_MODEL_UNKNOWN' }));
});

describe('a provider whose stream is odd', () => {
  test.each([
    ['gives nothing', () => null],
    ['gives a number', () => 5],
    ['rejects', async () => { throw new Error('no'); }],
    ['throws null', () => { throw null; }],
    ['yields null', async function* () { yield null; }],
    ['yields nothing known', async function* () { yield { type: 'nonsense' }; }],
    ['yields text that is none', async function* () { yield { type: 'text', delta: 5 }; yield finish; }],
    ['yields half a tool call', async function* () { yield { type: 'tool-call', id: 'x' }; yield finish; }],
    ['is no async one', function* () { yield finish; }],
  ])('fails as a ModelError: it %s', async (_, stream) => {
    expect(await failureOf(registryOf(streaming(stream)).get('a').generate(hello))).toMatchObject({ name: 'ModelError', receipt: { attempts: [{ model: 'odd/m' }] } });
  });

  test('cannot spoil the books with figures that make no sense', async () => {
    for (const usage of [undefined, {}, { inputTokens: NaN, outputTokens: -5 }, { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: -1 }]) {
      const registry = registryOf(streaming(async function* () { yield { type: 'usage', usage }; yield { type: 'finish' }; }), { budgets: { run: { tokens: 1_000_000 } } });
      const response = await registry.get('a').generate(hello);
      expect(response).toMatchObject({ finishReason: 'other', usage: { estimated: true } });
      expect(registry.usage().inputTokens).toBeGreaterThan(0);
    }
  });

  test('may be an async function that returns it', async () => {
    const inner = fine.stream.bind(fine);
    const provider = streaming(async (...parameters: Parameters<typeof inner>) => inner(...parameters));
    expect((await registryOf(provider).get('a').generate(hello)).text).toBe('fine');
  });
});

test.each([
  [undefined], [null], [{}], [{ messages: null }], [{ messages: 'x' }], [{ messages: [null] }], [{ messages: [{ role: 'user' }] }], [{ messages: [{ role: 'nobody', content: 'x' }] }],
  [{ messages: [{ role: 'user', content: [null] }] }], [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }], [{ messages: [{ role: 'user', content: [{ type: 'constructor' }] }] }],
  [{ messages: [{ role: 'tool', content: [{ type: 'tool-result', id: 'x', name: 'y' }] }] }], [{ ...hello, maxOutputTokens: NaN }], [{ ...hello, maxOutputTokens: -5 }], [{ ...hello, maxOutputTokens: Infinity }],
  [{ ...hello, tools: [{}] }], [{ ...hello, output: {} }], [{ ...hello, temperature: NaN }], [{ ...hello, stop: 'x' }], [{ ...hello, reasoning: {} }], [{ ...hello, providerOptions: { p: 5 } }],
])('a request that nobody could be asked is invalid before anything is sent: %j', async (request) => {
  const registry = registryOf(fine, { models: { a: { use: 'scripted/m', limits: { requestsPerMinute: 60 } } }, budgets: { run: { tokens: 100_000 } } });
  expect(await failureOf(registry.get('a').generate(request as ModelRequest))).toMatchObject({ code: 'FW_MODEL_INVALID', message: expect.stringContaining('The request cannot be sent') as string });
  expect(await failureOf(registry.get('a').stream(request as ModelRequest)[Symbol.asyncIterator]().next())).toMatchObject({ code: 'FW_MODEL_INVALID' });
  expect(registry.usage().inputTokens).toBe(0);
});

test('options of a provider that allow more than the request cannot get around a budget', async () => {
  const server = await startFaultServer({ wire: 'openai-chat', answers: { text: 'x'.repeat(4_000) } });
  const registry = registryOf(openai({ baseURL: server.baseURL }), { budgets: { run: { tokens: 1_000 } } });
  for (const options of [{ max_tokens: 100_000 }, { n: 50 }, { deeper: { maxOutputTokens: 5_000 } }]) {
    for (const maxOutputTokens of [100, undefined]) {
      const request = { ...hello, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }), providerOptions: { openai: options } };
      expect(await failureOf(registry.get('a').generate(request)), JSON.stringify(request)).toMatchObject({ code: 'FW_MODEL_BUDGET' });
    }
  }
  expect(server.requests).toHaveLength(0);
  await registry.get('a').generate({ ...hello, maxOutputTokens: 100, providerOptions: { openai: { n: 2 } } });
  await server.close();
});

test('books that are removed in the middle stop everything, limits that are removed slow it down', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fw-removed-'));
  const ledger = sqliteLedger(join(folder, 'ledger.sqlite'));
  const limitStore = sqliteLimitStore(join(folder, 'limits.sqlite'));
  const models = { a: { use: 'scripted/m', limits: { requestsPerMinute: 6_000 } } };
  const both = registryOf(fine, { ledger, limitStore, models });
  const limited = registryOf(fine, { limitStore, models });
  for (const registry of [both, limited]) await registry.get('a').generate(hello);
  rmSync(folder, { recursive: true });
  const throttled: ThrottledEvent[] = [];
  limited.on('throttled', (event) => throttled.push(event));
  expect(await failureOf(both.get('a').generate(hello))).toMatchObject({ code: 'FW_MODEL_BUDGET', message: expect.stringContaining('was removed') as string });
  expect((await limited.get('a').generate(hello)).text).toBe('fine');
  expect(throttled).toMatchObject([{ reason: 'store' }]);
  for (const store of [ledger, limitStore]) store.close();
});
