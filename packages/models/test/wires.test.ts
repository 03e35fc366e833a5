import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { anthropic } from '../src/anthropic.ts';
import { startFaultServer } from '../src/fault-server.ts';
import type { FaultAnswer, FaultServer, FaultServerOptions, FaultWire } from '../src/fault-server.ts';
import { googleGenAI } from '../src/google-genai.ts';
import { google } from '../src/google.ts';
import { createModel, createModelRegistry } from '../src/index.ts';
import type { Json, Message, Model, ModelCard, ModelPrice, ModelProvider } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import type { ProviderOptions } from '../src/openai.ts';
import { failureOf, hello } from './failing-models.ts';

const apiKey = 'key-0123456789abcdef';
let server: FaultServer | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

const wires: readonly (readonly [string, FaultWire, (options: ProviderOptions) => ModelProvider])[] = [
  ['openai chat', 'openai-chat', (options) => openai({ ...options, api: 'chat' })],
  ['openai responses', 'openai-responses', (options) => openai({ ...options, api: 'responses' })],
  ['anthropic', 'anthropic', anthropic],
  ['google', 'google', google],
  ['google-genai', 'google', googleGenAI],
];

async function serve(name: string, answers: FaultServerOptions['answers'], options: ProviderOptions = {}): Promise<Model> {
  const [, wire, create] = wires.find(([known]) => known === name) ?? wires[0]!;
  server = await startFaultServer({ wire, answers });
  return createModel(create({ apiKey, baseURL: server.baseURL, ...options }), 'm1');
}
const sentBody = (number = 0): { readonly [name: string]: Json | undefined } => server?.requests[number]?.body ?? {};
/** Replaces the last words of a wire by others. */
const editing = (from: string | RegExp, to: string): FaultAnswer => ({ text: 'ok', edit: (events) => events.map((event) => event.replace(from, to)) });

describe.each(wires)('%s', (name, _, create) => {
  test('takes nothing from the environment and sends no header but its own', async () => {
    const model = await serve(name, { text: 'ok' }, { headers: { 'x-mine': 'yes' } });
    for (const variable of ['OPENAI_API_KEY', 'OPENAI_ORG_ID', 'OPENAI_PROJECT_ID', 'ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'GEMINI_API_KEY', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION']) vi.stubEnv(variable, 'from-the-environment');
    for (const variable of ['OPENAI_BASE_URL', 'ANTHROPIC_BASE_URL', 'GOOGLE_GEMINI_BASE_URL', 'GOOGLE_VERTEX_BASE_URL']) vi.stubEnv(variable, 'http://127.0.0.1:1/from-the-environment');
    vi.stubEnv('ANTHROPIC_CUSTOM_HEADERS', 'x-custom: from-the-environment');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-custom: from-the-environment');
    vi.stubEnv('GOOGLE_GENAI_USE_VERTEXAI', 'true');
    vi.stubEnv('ANTHROPIC_LOG', 'debug');
    vi.stubEnv('OPENAI_LOG', 'debug');
    const said = ['log', 'warn', 'error', 'info', 'debug'].map((method) => vi.spyOn(console, method as 'log').mockImplementation(() => undefined));
    await model.generate(hello);
    const { headers } = server?.requests[0] ?? {};
    expect(headers).toMatchObject({ 'x-mine': 'yes' });
    // The service refuses requests without it.
    expect('anthropic-version' in (headers ?? {})).toBe(name === 'anthropic');
    expect(JSON.stringify(headers)).toContain(apiKey);
    expect(JSON.stringify(headers)).not.toMatch(/from-the-environment|unused|stainless|x-goog-api-client/);
    for (const spy of said) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  test('uses the key that the call names, of several', async () => {
    server = await startFaultServer({ wire: wires.find(([known]) => known === name)?.[1] ?? 'google', answers: { text: 'ok' } });
    const provider = create({ apiKey: ['key-number-0', 'key-number-1'], baseURL: server.baseURL });
    expect(provider.keys).toBe(2);
    for (const keyIndex of [0, 1]) {
      for await (const event of provider.stream(hello, { model: 'm', key: 'k', attempt: 1, keyIndex, signal: new AbortController().signal, onHeaders: () => undefined })) void event;
    }
    expect(server.requests.map((request) => request.apiKey)).toEqual(['key-number-0', 'key-number-1']);
  });

  test('sends through the fetch that it was given, and leaves the global one alone', async () => {
    const before = globalThis.fetch;
    const urls: string[] = [];
    const model = await serve(name, { text: 'ok' }, { fetch: async (url, init) => { urls.push(String(url)); expect(globalThis.fetch).toBe(before); return before(url, init); } });
    await Promise.all([model.generate(hello), model.generate(hello)]);
    expect(urls).toHaveLength(2);
    expect(globalThis.fetch).toBe(before);
  });

  test('follows no redirect, which would carry the key along', async () => {
    const model = await serve(name, { raw: { status: 302, body: '' }, headers: { location: '/elsewhere' } });
    expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'invalid', status: 302 });
    expect(server?.requests).toHaveLength(1);
  });

  test('leaves no rejection unhandled when a stream breaks, stalls or is left', async () => {
    const rejected: unknown[] = [];
    const listener = (reason: unknown): void => void rejected.push(reason);
    process.on('unhandledRejection', listener);
    const model = await serve(name, [{ text: 'some words', cutAt: 300 }, { text: 'some words', stallAt: 300 }, { text: Array.from({ length: 50 }, () => 'on '), gapMs: 10 }, { raw: { body: 'data: {"no\n\n' } }], { timeouts: { idleMs: 150 } });
    await failureOf(model.generate(hello));
    await failureOf(model.generate(hello));
    const leave = async (): Promise<void> => { for await (const event of model.stream(hello)) if (event.type === 'text') break; };
    // On a busy machine it stalls before it can be left.
    await leave().catch(() => undefined);
    await failureOf(model.generate(hello));
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('unhandledRejection', listener);
    expect(rejected).toEqual([]);
  });

  test('leaves no listener on the signal of a caller who calls many times', async () => {
    const model = await serve(name, { text: 'ok' });
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    for (let count = 0; count < 10; count += 1) await model.generate(hello, { signal });
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  });

  test('keeps its connection for the next call, although the stream ends a moment after its last word', async () => {
    let connections = 0;
    const listener = (): void => void (connections += 1);
    subscribe('net.client.socket', listener);
    const model = await serve(name, { text: 'ok', gapMs: 2, edit: (events) => [...events, ': bye\n\n'] });
    for (let count = 0; count < 6; count += 1) await model.generate(hello);
    unsubscribe('net.client.socket', listener);
    expect(connections).toBeLessThan(4);
  });

  test('gives up a fetch of the caller that listens to no signal', async () => {
    const model = await serve(name, { text: 'ok' }, { fetch: () => new Promise(() => undefined), timeouts: { firstByteMs: 50 } });
    expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'network' });
  });

  test('stops a line without end', async () => {
    const model = await serve(name, { raw: { body: `data: {"x":"${'x'.repeat(17_000_000)}` } });
    expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'protocol', message: expect.stringContaining('in one line') as string });
  });

  test('refuses options that cannot work', () => {
    const wrong: readonly object[] = [{ apiKey: 'line\nbreak' }, { apiKey: [apiKey, ''] }, { apiKey, baseURL: 'not a url' }, { apiKey, baseURL: 'http://user:hidden@127.0.0.1' }, { apiKey, headers: { 'bad name': 'x' } }, { apiKey, unknown: 1 }, {}];
    for (const options of wrong) expect(() => create(options), JSON.stringify(options)).toThrow(expect.objectContaining({ code: 'FW_MODEL_CONFIG' }));
  });
});

describe('anthropic', () => {
  test('adds no usage that is a revision, and sums the rounds that the service made by itself', async () => {
    const usage = { inputTokens: 100, outputTokens: 20 };
    const revised = await serve('anthropic', { text: 'ok', usage, edit: (events) => events.map((event) => (event.includes('message_delta') ? event.replace('"input_tokens":100', '"input_tokens":90') : event)) });
    expect((await revised.generate(hello)).usage).toMatchObject({ inputTokens: 90, outputTokens: 20 });
    await server?.close();
    const rounds = JSON.stringify([{ type: 'compaction', input_tokens: 180, output_tokens: 35, cache_read_input_tokens: 10 }, { type: 'message', input_tokens: 23, output_tokens: 10 }]);
    const iterated = await serve('anthropic', { text: 'ok', usage, edit: (events) => events.map((event) => (event.includes('message_delta') ? event.replace('"usage":{', `"usage":{"iterations":${rounds},`) : event)) });
    expect((await iterated.generate(hello)).usage).toMatchObject({ inputTokens: 213, outputTokens: 45, cacheReadTokens: 10 });
  });

  test('prices the rounds of an answer each by its own model, and by its own length', async () => {
    const rounds = JSON.stringify([
      { type: 'message', input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 10, cache_creation_input_tokens: 0 },
      { type: 'advisor_message', model: 'advisor', input_tokens: 50, output_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 40 },
      { type: 'message', model: 'm1', input_tokens: 100, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    ]);
    const answers = { text: 'ok', edit: (events: readonly string[]) => events.map((event) => (event.includes('message_delta') ? event.replace('"usage":{', `"usage":{"iterations":${rounds},`) : event)) };
    await serve('anthropic', answers);
    const price = (input: number, output: number): ModelPrice => ({ usdPerMillion: { input, output, cacheRead: input / 10, cacheWrite: input * 1.25 }, longContext: [{ aboveInputTokens: 150, usdPerMillion: { input: input * 100, output: output * 100 } }] });
    const models = (cards: Record<string, ModelCard>) => createModelRegistry({ providers: [anthropic({ apiKey: 'k', baseURL: server?.baseURL ?? '' })], models: { a: { use: 'anthropic/m1' } }, cards });
    const cards = { 'anthropic/m1': { price: price(3, 15) }, 'anthropic/advisor': { price: price(10, 50) } };
    const { usage } = await models(cards).get('a').generate(hello);
    expect(usage).toMatchObject({ inputTokens: 300, outputTokens: 26, costNanoUsd: (100 * 3_000 + 10 * 300 + 20 * 15_000) + (50 * 10_000 + 40 * 12_500 + 5 * 50_000) + (100 * 3_000 + 15_000) });
    expect((await models({ 'anthropic/m1': { price: price(3, 15) } }).get('a').generate(hello)).usage.costNanoUsd).toBe('unknown');
  });

  test('caches the conversation unless it is told not to, and always says how much may be answered', async () => {
    const model = await serve('anthropic', { text: 'ok' });
    await model.generate(hello);
    await model.generate({ ...hello, providerOptions: { anthropic: { cache_control: null, metadata: { user_id: 'u' }, stream: false }, openai: { seed: 1 } } });
    expect(sentBody()).toEqual({ model: 'm1', max_tokens: 32_000, cache_control: { type: 'ephemeral' }, stream: true, messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] });
    expect(sentBody(1)).toEqual({ model: 'm1', max_tokens: 32_000, metadata: { user_id: 'u' }, stream: true, messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] });
  });

  test('words a whole conversation as messages', async () => {
    const model = await serve('anthropic', { text: '{}' });
    await model.generate({
      messages: [
        { role: 'system', content: 'One.' },
        { role: 'user', content: [{ type: 'image', mediaType: 'image/png', data: 'https://example.com/a.png' }, { type: 'file', mediaType: 'text/plain', data: 'aGk=' }, { type: 'file', mediaType: 'application/pdf', data: 'AAAA' }] },
        { role: 'assistant', content: [{ type: 'reasoning', text: 'unsigned' }, { type: 'text', text: '' }, { type: 'tool-call', id: 't', name: 'read', arguments: {} }] },
        { role: 'tool', content: [{ type: 'tool-result', id: 't', name: 'read', content: ['x'], isError: true }] },
      ],
      tools: [{ name: 'read', description: 'Reads.', inputSchema: { type: 'object' } }],
      toolChoice: 'required', output: { name: 'o', schema: { type: 'object' } }, stop: ['END'], temperature: 0.5, reasoning: { effort: 'high' },
    });
    expect(sentBody()).toMatchObject({
      system: 'One.', tool_choice: { type: 'any' }, stop_sequences: ['END'], temperature: 0.5, thinking: { type: 'adaptive' },
      output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } },
      messages: [
        { role: 'user', content: [
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hi' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
        ] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'read', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: '["x"]', is_error: true }] },
      ],
    });
  });

  test('keeps room for the answer beside a budget of reasoning', async () => {
    const model = await serve('anthropic', { text: 'ok' });
    await model.generate({ ...hello, reasoning: { budgetTokens: 40_000 } });
    expect(sentBody()).toMatchObject({ max_tokens: 48_000, thinking: { type: 'enabled', budget_tokens: 40_000 } });
    expect(await failureOf(model.generate({ ...hello, maxOutputTokens: 100, reasoning: { budgetTokens: 100 } }))).toMatchObject({ failure: 'parameter' });
  });

  test('gives redacted thoughts back', async () => {
    const redacted = 'event: content_block_start\ndata: {"type":"content_block_start","index":9,"content_block":{"type":"redacted_thinking","data":"ZGF0YQ=="}}\n\n';
    const model = await serve('anthropic', { text: 'ok', edit: ([first = '', ...rest]) => [first, redacted, ...rest] });
    const { message } = await model.generate(hello);
    await model.generate({ messages: [...hello.messages, message, ...hello.messages] });
    expect(JSON.stringify(sentBody(1))).toContain('{"type":"redacted_thinking","data":"ZGF0YQ=="}');
  });

  test.each([[{ failure: 'quota', status: 402 }, 'quota'], [{ failure: 'invalid', message: 'You have reached your specified API usage limits.' }, 'quota'], [{ failure: 'overloaded', status: 200 }, 'overloaded']] as const)('%j is %s', async (error, failure) => {
    const model = await serve('anthropic', 'status' in error && error.status === 200 ? { finish: 'none', errorEvent: { failure: error.failure } } : { error });
    expect(await failureOf(model.generate(hello))).toMatchObject({ failure });
  });
});

describe.each([['google'], ['google-genai']] as const)('%s', (name) => {
  test('asks the version of the API that it knows, with schemas as they are', async () => {
    const model = await serve(name, { text: '{}' });
    await model.generate({ ...hello, tools: [{ name: 'read', description: 'Reads.', inputSchema: { type: 'object', additionalProperties: false } }], toolChoice: { name: 'read' }, output: { name: 'o', schema: { type: 'object', $defs: {} } }, stop: ['END'], temperature: 0 });
    expect(server?.requests[0]?.path).toBe('/v1beta/models/m1:streamGenerateContent?alt=sse');
    expect(sentBody()).toMatchObject({
      contents: [{ role: 'user', parts: [{ text: 'hello' }] }],
      tools: [{ functionDeclarations: [{ name: 'read', description: 'Reads.', parametersJsonSchema: { type: 'object', additionalProperties: false } }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['read'] } },
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: { type: 'object', $defs: {} }, stopSequences: ['END'], temperature: 0 },
    });
  });

  test('gives the signature of a call back with that call, and no id that it made up', async () => {
    const model = await serve(name, [{ toolCalls: [{ id: '', name: 'one' }, { id: 'own', name: 'two' }], signature: 'c2ln' }, { text: 'ok' }]);
    const { message, toolCalls } = await model.generate(hello);
    const results: Message = { role: 'tool', content: [
      { type: 'tool-result', id: toolCalls[0]?.id ?? '', name: 'one', content: { a: 1 } },
      { type: 'tool-result', id: 'own', name: 'two', content: ['x'], isError: true },
    ] };
    await model.generate({ messages: [...hello.messages, message, results] });
    expect(sentBody(1)['contents']).toEqual([
      { role: 'user', parts: [{ text: 'hello' }] },
      { role: 'model', parts: [{ functionCall: { name: 'one', args: {} }, thoughtSignature: 'c2ln' }, { functionCall: { id: 'own', name: 'two', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'one', response: { a: 1 } } }, { functionResponse: { id: 'own', name: 'two', response: { error: ['x'] } } }] },
    ]);
  });

  test('asks older models for a budget of thoughts and newer ones for a level', async () => {
    server = await startFaultServer({ wire: 'google', answers: { text: 'ok' } });
    const provider = (name === 'google' ? google : googleGenAI)({ apiKey, baseURL: server.baseURL });
    await createModel(provider, 'gemini-2.5-pro').generate({ ...hello, reasoning: { effort: 'low' } });
    await createModel(provider, 'gemini-3-pro').generate({ ...hello, reasoning: { effort: 'low' } });
    await createModel(provider, 'gemini-3-pro').generate({ ...hello, reasoning: { budgetTokens: 77 } });
    expect(server.requests.map((request) => (request.body['generationConfig'] as { thinkingConfig: unknown }).thinkingConfig)).toEqual([
      { includeThoughts: true, thinkingBudget: 1_024 }, { includeThoughts: true, thinkingLevel: 'LOW' }, { includeThoughts: true, thinkingBudget: 77 },
    ]);
  });

  test('counts what its own tools put into the prompt as input', async () => {
    const model = await serve(name, { text: 'ok', usage: { inputTokens: 100, outputTokens: 20 }, edit: (events) => events.map((event) => event.replace('"promptTokenCount":100', '"promptTokenCount":100,"toolUsePromptTokenCount":7')) });
    expect((await model.generate(hello)).usage).toMatchObject({ inputTokens: 107, outputTokens: 20 });
  });

  test.each([['SAFETY', 'policy'], ['RECITATION', 'policy'], ['PROHIBITED_CONTENT', 'policy'], ['MALFORMED_FUNCTION_CALL', 'malformed']])('a finish of %s is %s', async (word, failure) => {
    const model = await serve(name, editing('"finishReason":"STOP"', `"finishReason":"${word}"`));
    expect(await failureOf(model.generate(hello))).toMatchObject({ failure });
  });

  test('says options of its provider as they are', async () => {
    const model = await serve(name, { text: 'ok' });
    const options = name === 'google' ? { cachedContent: 'cachedContents/c1', generationConfig: { topK: 3 } } : { cachedContent: 'cachedContents/c1', topK: 3 };
    await model.generate({ ...hello, providerOptions: { [name]: options } });
    expect(sentBody()).toMatchObject({ cachedContent: 'cachedContents/c1', generationConfig: { topK: 3 } });
  });
});

describe('openai responses', () => {
  test('words a whole conversation as items, and stores nothing', async () => {
    const model = await serve('openai responses', [{ reasoning: 'Hm.', signature: 'ZW5j', toolCalls: [{ id: 'c1', name: 'read' }] }, { text: '{}' }]);
    const { message } = await model.generate(hello);
    await model.generate({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'look' }, { type: 'file', mediaType: 'application/pdf', data: 'AAAA' }, { type: 'file', mediaType: 'application/pdf', data: 'https://example.com/a.pdf' }] },
        message,
        { role: 'tool', content: [{ type: 'tool-result', id: 'c1', name: 'read', content: 'found' }] },
      ],
      tools: [{ name: 'read', description: 'Reads.', inputSchema: { type: 'object' } }],
      toolChoice: { name: 'read' }, output: { name: 'o', schema: { type: 'object' } }, maxOutputTokens: 9, reasoning: { effort: 'low' },
    });
    expect(sentBody(1)).toEqual({
      model: 'm1', store: false, stream: true, max_output_tokens: 9, reasoning: { effort: 'low', summary: 'auto' },
      tools: [{ type: 'function', name: 'read', description: 'Reads.', parameters: { type: 'object' }, strict: false }],
      tool_choice: { type: 'function', name: 'read' }, text: { format: { type: 'json_schema', name: 'o', schema: { type: 'object' } } },
      input: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'input_text', text: 'look' }, { type: 'input_file', filename: 'file.pdf', file_data: 'data:application/pdf;base64,AAAA' }, { type: 'input_file', file_url: 'https://example.com/a.pdf' }] },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'ZW5j' },
        { type: 'function_call', call_id: 'c1', name: 'read', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'found' },
      ],
    });
  });

  test('say what they cannot do before anything is sent', async () => {
    const model = await serve('openai responses', { text: 'ok' });
    for (const request of [{ stop: ['END'] }, { reasoning: { budgetTokens: 5 } }]) expect(await failureOf(model.generate({ ...hello, ...request }))).toMatchObject({ failure: 'parameter' });
    expect(server?.requests).toEqual([]);
  });

  test('that fail in the middle are told by their own word', async () => {
    const model = await serve('openai responses', editing(/.*response\.completed[^]*/, 'event: response.failed\ndata: {"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow down"}}}\n\n'));
    expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'rate-limit', partial: { text: 'ok' } });
  });

  test('are what OpenAI itself is asked for, chat completions are for a server of one\'s own', async () => {
    const urls: string[] = [];
    const fetch: typeof globalThis.fetch = (url) => { urls.push(String(url)); return Promise.reject(new Error('not sent')); };
    for (const options of [{ apiKey, fetch }, { apiKey, fetch, baseURL: 'http://127.0.0.1:1/v1' }]) await failureOf(createModel(openai(options), 'm').generate(hello));
    expect(urls).toEqual(['https://api.openai.com/v1/responses', 'http://127.0.0.1:1/v1/chat/completions']);
  });
});

test('google tells a limit of a day from one of a minute', async () => {
  for (const failure of ['quota', 'rate-limit'] as const) {
    const model = await serve('google', { error: { failure, retryAfterMs: 34_070 } });
    const failed = await failureOf(model.generate(hello));
    expect(failed).toMatchObject({ failure, status: 429 });
    expect(failed.retryAt).toBeGreaterThan(Date.now() + 30_000);
    await server?.close();
  }
});
