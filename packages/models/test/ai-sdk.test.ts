import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { afterEach, describe, expect, test } from 'vitest';
import { aiSdk } from '../src/ai-sdk.ts';
import type { AiSdkModel } from '../src/ai-sdk.ts';
import { answerPrompt } from '../src/conformance/fault-wire.ts';
import { testProvider } from '../src/conformance.ts';
import { startFaultServer } from '../src/fault-server.ts';
import type { FaultServer, FaultServerOptions } from '../src/fault-server.ts';
import { createModel } from '../src/index.ts';
import type { Message, Model } from '../src/index.ts';
import type { Timeouts } from '../src/openai.ts';
import { failureOf, hello } from './failing-models.ts';

const apiKey = 'sk-test-0123456789abcdef';
const overService = (baseURL: string, timeouts: Timeouts = {}): ReturnType<typeof aiSdk> => {
  const service = createOpenAICompatible({ name: 'service', baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true });
  return aiSdk({ model: (name) => service(name), timeouts });
};

testProvider('ai-sdk', (baseURL) => overService(baseURL), { start: () => startFaultServer({ wire: 'openai-chat', answers: answerPrompt }) });

describe('a real model of the AI SDK', () => {
  let server: FaultServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const serve = async (answers: FaultServerOptions['answers'], timeouts: Timeouts = {}): Promise<Model> => {
    server = await startFaultServer({ wire: 'openai-chat', answers });
    return createModel(overService(server.baseURL, timeouts), 'm1');
  };

  test('answers with text, thoughts, calls, output and usage in normal form', async () => {
    const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 64, reasoningTokens: 8 };
    const model = await serve([{ reasoning: 'Hm.', text: 'Yes.', toolCalls: [{ id: 'a', name: 'read', arguments: { path: 'x' } }], usage, model: 'served' }, { text: '{"a":1}' }]);
    expect(await model.generate(hello)).toMatchObject({
      text: 'Yes.', reasoning: 'Hm.', toolCalls: [{ id: 'a', name: 'read', arguments: { path: 'x' } }], finishReason: 'tool-calls', model: 'served',
      usage: { ...usage, cacheWriteTokens: 0, estimated: false, costNanoUsd: 'unknown' },
    });
    expect((await model.generate({ ...hello, output: { name: 'answer', schema: { type: 'object' } } })).output).toEqual({ a: 1 });
  });

  test.each(['rate-limit', 'quota', 'overloaded', 'server', 'context', 'auth', 'model-gone', 'parameter', 'invalid', 'policy'] as const)('is refused with %s, in one request and without its key', async (failure) => {
    const model = await serve({ error: { failure, retryAfterMs: 2_000, fields: { message: `Refused, with ${apiKey}.` } } });
    const failed = await failureOf(model.generate(hello));
    expect(failed.failure).toBe(failure);
    expect(failed.retryAt).toBeGreaterThan(Date.now());
    expect(JSON.stringify([failed.message, failed.stack, failed.receipt, Object.entries(failed)])).not.toContain(apiKey);
    expect(server?.requests).toHaveLength(1);
  });

  test('that breaks off is truncated, also when its stream ends properly', async () => {
    for (const how of [{ finish: 'none' }, { cutAt: 400 }] as const) {
      const model = await serve({ text: 'some words that are long enough to be cut', toolCalls: [{ name: 'rm' }], ...how });
      const failed = await failureOf(model.generate(hello));
      expect(failed).toMatchObject({ failure: 'truncated' });
      await server?.close();
    }
  });

  test('that reports an error in the middle keeps its text', async () => {
    const model = await serve({ text: 'half', finish: 'none', errorEvent: { failure: 'server' } });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_PARTIAL', failure: 'server', partial: { text: 'half' } });
  });

  test('that goes silent is given up, and its server sees the close', async () => {
    const model = await serve({ text: 'some words', finish: 'none', keepOpen: true }, { idleMs: 200 });
    expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'truncated' });
    expect(await server?.requests[0]?.leftEarly).toBe(true);
  });
});

describe('a model by its specificationVersion', () => {
  const playing = (specificationVersion: string, parts: readonly object[], seen: unknown[] = []): AiSdkModel => ({
    specificationVersion, provider: 'google.test', modelId: 'm1',
    doStream: (options: unknown) => { seen.push(options); return Promise.resolve({ stream: ReadableStream.from(parts) }); },
  });
  const text = [{ type: 'stream-start', warnings: [] }, { type: 'text-start', id: '1' }, { type: 'text-delta', id: '1', delta: 'hi' }, { type: 'text-end', id: '1' }];

  test('v2 has flat usage, in which thoughts may stand beside the answer', async () => {
    const finish = { type: 'finish', finishReason: 'stop', usage: { inputTokens: 100, outputTokens: 12, totalTokens: 120, reasoningTokens: 8, cachedInputTokens: 64 } };
    const { usage } = await createModel(aiSdk({ model: playing('v2', [...text, finish]) }), 'm1').generate(hello);
    expect(usage).toEqual({ inputTokens: 100, outputTokens: 20, cacheReadTokens: 64, cacheWriteTokens: 0, reasoningTokens: 8, estimated: false, costNanoUsd: 'unknown' });
  });

  test.each(['v3', 'v4'])('%s has nested usage and a finish of two words', async (version) => {
    const usage = { inputTokens: { total: 100, noCache: 36, cacheRead: 64, cacheWrite: 0 }, outputTokens: { total: 20, text: 12, reasoning: 8 } };
    const finish = { type: 'finish', finishReason: { unified: 'length', raw: 'MAX' }, usage };
    expect(await createModel(aiSdk({ model: playing(version, [...text, finish]) }), 'm1').generate(hello)).toMatchObject({
      text: 'hi', finishReason: 'length', usage: { inputTokens: 100, outputTokens: 20, cacheReadTokens: 64, reasoningTokens: 8, estimated: false },
    });
  });

  test.each([['v2', 'unknown'], ['v3', { unified: 'other' }], ['v4', { unified: 'interrupted', raw: 'cut' }]])('%s that finishes with %j is truncated', async (version, finishReason) => {
    expect(await failureOf(createModel(aiSdk({ model: playing(version, [...text, { type: 'finish', finishReason, usage: {} }]) }), 'm1').generate(hello))).toMatchObject({ failure: 'truncated' });
  });

  test('gets its signatures back where they came from', async () => {
    const seen: { prompt: { content: object[] }[] }[] = [];
    const parts = [
      { type: 'reasoning-delta', id: 'r', delta: 'hm' }, { type: 'reasoning-end', id: 'r', providerMetadata: { google: { signature: 's1' } } },
      { type: 'tool-call', toolCallId: 't', toolName: 'read', input: '{"a":1}', providerMetadata: { google: { signature: 's2' } } },
      { type: 'finish', finishReason: { unified: 'tool-calls', raw: 'x' }, usage: {} },
    ];
    const model = createModel(aiSdk({ model: playing('v4', parts, seen) }), 'm1');
    const { message } = await model.generate(hello);
    const result: Message = { role: 'tool', content: [{ type: 'tool-result', id: 't', name: 'read', content: 'gone', isError: true }] };
    const image: Message = { role: 'user', content: [{ type: 'image', mediaType: 'image/png', data: 'AAAA' }, { type: 'image', mediaType: 'image/png', data: 'https://example.com/a.png' }] };
    await model.generate({ messages: [image, message, result], reasoning: { effort: 'low' } });
    expect(seen[1]).toMatchObject({ reasoning: 'low', prompt: [
      { role: 'user', content: [{ type: 'file', data: { type: 'data', data: 'AAAA' } }, { type: 'file', data: { type: 'url', url: new URL('https://example.com/a.png') } }] },
      { role: 'assistant', content: [
        { type: 'reasoning', text: 'hm', providerOptions: { google: { signature: 's1' } } },
        { type: 'tool-call', toolCallId: 't', toolName: 'read', input: { a: 1 }, providerOptions: { google: { signature: 's2' } } },
      ] },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 't', toolName: 'read', output: { type: 'error-text', value: 'gone' } }] },
    ] });
  });

  test('that listens to no signal is given up all the same', async () => {
    const deaf = (stream: () => Promise<{ stream: AsyncIterable<unknown> }>): AiSdkModel => ({ specificationVersion: 'v4', provider: 'p', modelId: 'm1', doStream: stream });
    const never = new Promise<never>(() => undefined);
    const silent = ReadableStream.from((async function* () { yield* text; await never; })());
    expect(await failureOf(createModel(aiSdk({ model: deaf(() => never), timeouts: { firstByteMs: 50 } }), 'm1').generate(hello))).toMatchObject({ failure: 'network' });
    expect(await failureOf(createModel(aiSdk({ model: deaf(() => Promise.resolve({ stream: silent })), timeouts: { idleMs: 50 } }), 'm1').generate(hello))).toMatchObject({ failure: 'truncated', partial: { text: 'hi' } });
  });

  test('of another version is refused, naming both', async () => {
    const failed = await failureOf(createModel(aiSdk({ model: playing('v9', []) }), 'm1').generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_SPEC_VERSION' });
    expect(failed.message).toContain('"v9"');
    expect(failed.message).toContain('"v4"');
  });

  test('answers only to its own name', async () => {
    expect(await failureOf(createModel(aiSdk({ model: playing('v4', text) }), 'other').generate(hello))).toMatchObject({ failure: 'model-gone', message: expect.stringContaining('ai-sdk/m1') as string });
  });
});

test('something that is no model is refused at once', () => {
  expect(() => aiSdk({ model: {} as AiSdkModel })).toThrow(expect.objectContaining({ code: 'FW_MODEL_CONFIG' }));
});
