import { afterEach, describe, expect, test, vi } from 'vitest';
import { createModel } from '../src/index.ts';
import type { Model, ModelEvent } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import type { OpenAIOptions } from '../src/openai.ts';
import { done, event, open, refuse, say, startChatServer, usageEvent } from './chat-server.ts';
import type { ChatServer } from './chat-server.ts';
import { failureOf, hello } from './failing-models.ts';

const key = 'sk-test-0123456789abcdef';
let server: ChatServer | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

async function serve(play: Parameters<typeof startChatServer>[0], options: Partial<OpenAIOptions> = {}): Promise<Model> {
  server = await startChatServer(play);
  return createModel(openai({ apiKey: key, baseURL: server.baseURL, ...options }), 'm1');
}

describe('a healthy answer', () => {
  test('is collected with text, model, usage and one attempt', async () => {
    const model = await serve((response) => say(response, 'Hello there.'));
    const response = await model.generate(hello);
    expect(response).toMatchObject({
      text: 'Hello there.', reasoning: '', toolCalls: [], finishReason: 'stop', model: 'served-model',
      message: { role: 'assistant', content: [{ type: 'text', text: 'Hello there.' }] },
      usage: { inputTokens: 10, outputTokens: 5, estimated: false, costNanoUsd: 'unknown' },
      receipt: { attempts: [{ model: 'openai/m1' }] },
    });
    expect(server?.requests[0]?.path).toBe('/v1/chat/completions');
  });

  test('has its usage in normal form, cached and reasoning tokens inside the sums', async () => {
    const model = await serve((response) => {
      open(response);
      const usage = { prompt_tokens: 100, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 64 }, completion_tokens_details: { reasoning_tokens: 8 } };
      response.end(event({ reasoning_content: 'Let me see. ' }) + event({ content: 'ok' }, 'stop') + usageEvent(usage) + done);
    });
    const response = await model.generate(hello);
    expect(response.usage).toEqual({ inputTokens: 100, outputTokens: 20, cacheReadTokens: 64, cacheWriteTokens: 0, reasoningTokens: 8, estimated: false, costNanoUsd: 'unknown' });
    expect(response).toMatchObject({ text: 'ok', reasoning: 'Let me see. ', message: { content: [{ type: 'reasoning', text: 'Let me see. ' }, { type: 'text', text: 'ok' }] } });
  });

  test('has counted usage, marked as estimated, when the service sends none or nonsense', async () => {
    const model = await serve((response) => {
      open(response);
      response.end(event({ content: 'x'.repeat(40) }, 'stop') + usageEvent({ prompt_tokens: -5, completion_tokens: 'many' }) + done);
    });
    expect((await model.generate(hello)).usage).toMatchObject({ outputTokens: 10, estimated: true });
  });

  test('survives UTF-8 split across packets, CRLF, comments and unknown events', async () => {
    const model = await serve(async (response) => {
      open(response);
      const bytes = Buffer.from(`: keep-alive\r\n\r\nevent: ping\r\ndata: {}\r\n\r\n${event({ content: 'Grüße 🚀' }).replaceAll('\n', '\r\n')}${event({}, 'stop')}${done}`);
      const middle = bytes.indexOf(Buffer.from('🚀')) + 2;
      response.write(bytes.subarray(0, middle));
      await new Promise((resolve) => setImmediate(resolve));
      response.end(bytes.subarray(middle));
    });
    expect((await model.generate(hello)).text).toBe('Grüße 🚀');
  });

  test('puts parallel tool calls together that arrive interleaved', async () => {
    const model = await serve((response) => {
      open(response);
      const call = (index: number, more: object): string => event({ tool_calls: [{ index, ...more }] } as never);
      response.write(call(0, { id: 'a', type: 'function', function: { name: 'read', arguments: '' } }) + call(1, { id: 'b', type: 'function', function: { name: 'write', arguments: '{"x":' } }));
      response.write(call(0, { function: { arguments: '{"path":"a' } }) + call(1, { function: { arguments: '1}' } }) + call(0, { function: { arguments: '.txt"}' } }));
      response.end(call(2, { id: 'c', type: 'function', function: { name: 'list', arguments: '' } }) + event({}, 'tool_calls') + done);
    });
    const response = await model.generate(hello);
    expect(response.finishReason).toBe('tool-calls');
    expect(response.toolCalls).toEqual([
      { id: 'a', name: 'read', arguments: { path: 'a.txt' } },
      { id: 'b', name: 'write', arguments: { x: 1 } },
      { id: 'c', name: 'list', arguments: {} },
    ]);
  });

  test('tells tool calls apart on servers that give them no index and no id', async () => {
    const model = await serve((response) => {
      open(response);
      const calls = [{ index: 0, id: 'one', function: { name: 'read', arguments: '{"n":1}' } }, { index: 0, id: 'two', function: { name: 'read', arguments: '{"n":2}' } }];
      response.end(event({ tool_calls: calls }) + event({}, 'stop') + done);
    });
    const response = await model.generate(hello);
    expect(response.toolCalls.map((call) => call.arguments)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(response.finishReason).toBe('tool-calls');
  });

  test('is complete although the server never closes the stream after its last word', async () => {
    const model = await serve((response) => { open(response); response.write(event({ content: 'all' }, 'stop')); }, { timeouts: { idleMs: 200 } });
    expect(await model.generate(hello)).toMatchObject({ text: 'all', finishReason: 'stop' });
  });

  test('may be slower than the idle time when the reader is the slow one', async () => {
    const model = await serve((response) => say(response, 'take your time'), { timeouts: { idleMs: 200 } });
    let text = '';
    for await (const next of model.stream(hello)) {
      if (next.type === 'text' && text === '') await new Promise((resolve) => setTimeout(resolve, 500));
      if (next.type === 'text') text += next.delta;
    }
    expect(text).toBe('take your time');
  });
});

describe('the request', () => {
  test('carries messages, tools, results and settings in the words of chat completions', async () => {
    const model = await serve((response) => say(response, '{"a":1}'));
    await model.generate({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'look' }, { type: 'image', mediaType: 'image/png', data: 'AAAA' }] },
        { role: 'assistant', content: [{ type: 'reasoning', text: 'hm' }, { type: 'tool-call', id: 't1', name: 'read', arguments: { path: 'x' } }, { type: 'tool-call', id: 't2', name: 'read', arguments: {} }] },
        { role: 'tool', content: [{ type: 'tool-result', id: 't1', name: 'read', content: { text: 'found' } }, { type: 'tool-result', id: 't2', name: 'read', content: 'gone', isError: true }] },
      ],
      tools: [{ name: 'read', description: 'Reads.', inputSchema: { type: 'object' } }],
      toolChoice: { name: 'read' },
      output: { name: 'answer', schema: { type: 'object' } },
      maxOutputTokens: 77, temperature: 0, stop: ['END'], reasoning: { effort: 'low' },
      providerOptions: { openai: { seed: 7, stream: false }, other: { secret: true } },
    });
    expect(server?.requests[0]?.body).toEqual({
      model: 'm1',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'look' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
        { role: 'assistant', content: null, tool_calls: [
          { id: 't1', type: 'function', function: { name: 'read', arguments: '{"path":"x"}' } },
          { id: 't2', type: 'function', function: { name: 'read', arguments: '{}' } },
        ] },
        { role: 'tool', tool_call_id: 't1', content: '{"text":"found"}' },
        { role: 'tool', tool_call_id: 't2', content: '{"error":"gone"}' },
      ],
      tools: [{ type: 'function', function: { name: 'read', description: 'Reads.', parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name: 'read' } },
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } },
      max_tokens: 77, temperature: 0, stop: ['END'], reasoning_effort: 'low', seed: 7,
      stream: true, stream_options: { include_usage: true },
    });
  });

  test('carries files and images as data, and images also as links', async () => {
    const model = await serve((response) => say(response, 'ok'));
    const content = [{ type: 'file', mediaType: 'application/pdf', data: 'AAAA' }, { type: 'image', mediaType: 'image/png', data: 'https://example.com/a.png' }] as const;
    await model.generate({ messages: [{ role: 'user', content }] });
    expect(server?.requests[0]?.body['messages']).toEqual([{ role: 'user', content: [
      { type: 'file', file: { filename: 'file.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
    ] }]);
    for (const part of [{ type: 'file', mediaType: 'text/plain', data: 'https://example.com/a' }, { type: 'tool-call', id: 't', name: 'n', arguments: {} }] as const) {
      expect(await failureOf(model.generate({ messages: [{ role: 'user', content: [part] }] }))).toMatchObject({ code: 'FW_MODEL_INVALID' });
    }
  });

  test('says max_completion_tokens to OpenAI itself', async () => {
    const bodies: unknown[] = [];
    const fetch: typeof globalThis.fetch = async (url, init) => {
      bodies.push(url, JSON.parse(String(init?.body)));
      return new Response(event({ content: 'hi' }, 'stop') + done, { headers: { 'content-type': 'text/event-stream' } });
    };
    await createModel(openai({ apiKey: key, fetch, api: 'chat' }), 'm1').generate({ ...hello, maxOutputTokens: 5 });
    expect(bodies).toMatchObject(['https://api.openai.com/v1/chat/completions', { max_completion_tokens: 5 }]);
    expect(bodies[1]).not.toHaveProperty('max_tokens');
  });

  test('takes nothing from the environment', async () => {
    for (const name of ['API_KEY', 'ADMIN_KEY', 'ORG_ID', 'PROJECT_ID', 'WEBHOOK_SECRET']) vi.stubEnv(`OPENAI_${name}`, 'from-the-environment');
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/v1');
    vi.stubEnv('OPENAI_LOG', 'debug');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-sneaky: from-the-environment\nauthorization: Bearer from-the-environment');
    const log = vi.spyOn(console, 'debug');
    const model = await serve((response) => say(response, 'hi'), { headers: { 'x-mine': 'yes' } });
    await model.generate(hello);
    const { headers } = server?.requests[0] ?? {};
    expect(JSON.stringify(headers)).not.toContain('from-the-environment');
    expect(headers).toMatchObject({ authorization: `Bearer ${key}`, 'x-mine': 'yes' });
    expect(Object.keys(headers ?? {}).filter((name) => name.startsWith('x-'))).toEqual(['x-mine']);
    expect(log).not.toHaveBeenCalled();
  });

  test('carries no authorization when there is no key', async () => {
    server = await startChatServer((response) => say(response, 'hi'));
    await createModel(openai({ name: 'local', baseURL: server.baseURL }), 'm1').generate(hello);
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('is refused before it is sent when chat completions cannot say it', async () => {
    const model = await serve((response) => say(response, 'hi'));
    expect(await failureOf(model.generate({ ...hello, reasoning: { budgetTokens: 100 } }))).toMatchObject({ code: 'FW_MODEL_PARAMETER', retryable: false });
    expect(await failureOf(model.generate({ messages: [{ role: 'tool', content: 'no id' }] }))).toMatchObject({ code: 'FW_MODEL_INVALID' });
    expect(server?.requests).toHaveLength(0);
  });
});

describe('an error of the service', () => {
  test.each([
    [429, {}, 'rate-limit', true],
    [429, { code: 'insufficient_quota' }, 'quota', false],
    [402, {}, 'quota', false],
    [401, { code: 'invalid_api_key' }, 'auth', false],
    [403, {}, 'auth', false],
    [404, { code: 'model_not_found' }, 'model-gone', false],
    [400, { code: 'context_length_exceeded' }, 'context', false],
    [400, { message: "This model's maximum context length is 8192 tokens." }, 'context', false],
    [400, { code: 'unsupported_parameter' }, 'parameter', false],
    [400, { code: 'content_policy_violation' }, 'policy', false],
    [400, { code: 'invalid_function_parameters' }, 'invalid', false],
    [413, {}, 'invalid', false],
    [422, {}, 'invalid', false],
    [307, {}, 'invalid', false],
    [500, {}, 'server', true],
    [502, {}, 'server', true],
    [504, {}, 'server', true],
    [503, {}, 'overloaded', true],
    [529, {}, 'overloaded', true],
  ] as const)('%i %j is %s', async (status, error, failure, retryable) => {
    const model = await serve((response) => refuse(response, status, error, { 'x-should-retry': 'true' }));
    const failed = await failureOf(model.generate(hello));
    expect(failed).toMatchObject({ failure, retryable, status, receipt: { attempts: [{ failure: { kind: failure, status }, usage: { inputTokens: 0, costNanoUsd: 0 } }] } });
    expect(server?.requests).toHaveLength(1);
  });

  test('names the time to come back', async () => {
    const model = await serve((response) => refuse(response, 429, {}, { 'retry-after': '7', 'retry-after-ms': '3000' }));
    const before = Date.now();
    const failed = await failureOf(model.generate(hello));
    expect(failed.retryAt).toBeGreaterThanOrEqual(before + 3_000);
    expect(failed.retryAt).toBeLessThanOrEqual(Date.now() + 3_000);
  });

  test('in the middle of a stream is told by its own word', async () => {
    const model = await serve((response) => { open(response); response.end(`data: {"error":{"message":"slow down","code":429}}\n\n`); });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_RATE_LIMIT', status: 429 });
  });

  test('never carries the key or a header of the caller, wherever the service repeats it', async () => {
    const model = await serve((response) => refuse(response, 401, { message: `Bad key ${key} with header-secret-1`, key, code: key }), { headers: { 'x-token': 'header-secret-1' } });
    const failed = await failureOf(model.generate(hello));
    const everything = JSON.stringify([failed.message, failed.stack, failed.receipt, failed.cause, Object.entries(failed)]) + String(failed.cause);
    expect(everything).toContain('[redacted]');
    expect(everything).not.toContain(key);
    expect(everything).not.toContain('header-secret-1');
  });

  test('as a web page is not repeated', async () => {
    const model = await serve((response) => { response.writeHead(502, { 'content-type': 'text/html' }); response.end('<html><body>Bad gateway</body></html>'); });
    const failed = await failureOf(model.generate(hello));
    expect(failed).toMatchObject({ failure: 'server' });
    expect(failed.message).not.toContain('<');
  });
});

describe('a broken service', () => {
  test('that is not there is a network failure', async () => {
    server = await startChatServer(() => undefined);
    const { baseURL } = server;
    await server.close();
    server = undefined;
    const failed = await failureOf(createModel(openai({ baseURL, apiKey: key }), 'm1').generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_NETWORK', retryable: true });
    expect(failed.message).toContain('ECONNREFUSED');
  });

  test('that answers with a web page is a protocol failure', async () => {
    const model = await serve((response) => { response.writeHead(200, { 'content-type': 'text/html' }); response.end('<html>hi</html>'); });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_PROTOCOL', status: 200 });
  });

  test.each([
    ['no event', '{"id":"x"}', 'FW_MODEL_PROTOCOL'],
    ['nothing', '', 'FW_MODEL_PROTOCOL'],
    ['half an event', 'data: {"choices":[{"del\n\n', 'FW_MODEL_PROTOCOL'],
    ['an event of another shape', 'data: {"choices":"none"}\n\n', 'FW_MODEL_PROTOCOL'],
    ['no finish', event({ content: '' }), 'FW_MODEL_TRUNCATED'],
    ['no finish but a done', event({ content: '' }) + done, 'FW_MODEL_TRUNCATED'],
  ])('that sends %s is told as what it is', async (_, body, code) => {
    const model = await serve((response) => { open(response); response.end(body); });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code });
  });

  test('that ends in the middle of its text leaves the text and the usage with the error', async () => {
    const model = await serve((response) => { open(response); response.end(event({ content: 'half of it' })); });
    expect(await failureOf(model.generate(hello))).toMatchObject({
      code: 'FW_MODEL_PARTIAL', failure: 'truncated', partial: { text: 'half of it', usage: { outputTokens: 3, estimated: true } },
      receipt: { attempts: [{ failure: { kind: 'truncated' } }] },
    });
  });

  test('that cuts the connection in the middle is truncated', async () => {
    const model = await serve((response) => { open(response); response.write(event({ content: 'half' }), () => response.destroy()); });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_PARTIAL', failure: 'truncated', partial: { text: 'half' } });
  });

  test('that ends inside the arguments of a tool call releases no call', async () => {
    const model = await serve((response) => { open(response); response.end(event({ tool_calls: [{ index: 0, id: 'a', function: { name: 'rm', arguments: '{"path":"/' } }] }) + done); });
    const events: ModelEvent[] = [];
    const reading = (async () => { for await (const next of model.stream(hello)) events.push(next); })();
    expect(await failureOf(reading)).toMatchObject({ code: 'FW_MODEL_TRUNCATED' });
    expect(events).toEqual([]);
  });

  test('that finishes with arguments which are no JSON is malformed', async () => {
    const model = await serve((response) => { open(response); response.end(event({ tool_calls: [{ index: 0, id: 'a', function: { name: 'rm', arguments: '{"path":' } }] }, 'tool_calls') + done); });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_MALFORMED', retryable: true });
  });

  test('that sends tool calls without end is stopped', async () => {
    const model = await serve((response) => { open(response); for (let index = 0; index < 300; index += 1) response.write(event({ tool_calls: [{ index, id: `t${index}`, function: { name: 'n', arguments: '{}' } }] })); response.end(done); });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_PROTOCOL', message: expect.stringContaining('256 tool calls') as string });
  });

  test('that sends a tool call without an id gets one that is the same for the same call', async () => {
    const model = await serve((response) => { open(response); response.end(event({ tool_calls: [{ function: { name: 'n', arguments: '{}' } }] }, 'tool_calls') + done); });
    const ids = await Promise.all(['a', 'a', 'b'].map(async (call) => (await model.generate(hello, { key: call })).toolCalls[0]?.id));
    expect(ids[0]).toMatch(/^call_/);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  test('that hits its length inside a tool call releases the complete calls only', async () => {
    const calls = [{ index: 0, id: 'a', function: { name: 'one', arguments: '{"n":1}' } }, { index: 1, id: 'b', function: { name: 'two', arguments: '{"n":' } }];
    const model = await serve((response) => { open(response); response.end(event({ tool_calls: calls }) + event({}, 'length') + done); });
    expect(await model.generate(hello)).toMatchObject({ finishReason: 'length', toolCalls: [{ name: 'one' }] });
  });

  test('that refuses is a policy failure with the usage it reported', async () => {
    const model = await serve((response) => { open(response); response.end(event({ refusal: 'I will not.' }) + event({}, 'stop') + usageEvent({ prompt_tokens: 3, completion_tokens: 4 }) + done); });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_POLICY', message: expect.stringContaining('I will not.') as string, receipt: { attempts: [{ usage: { inputTokens: 3, outputTokens: 4, estimated: false } }] } });
  });

  test.each([
    ['never answers', { firstByteMs: 60 }, 'FW_MODEL_NETWORK', () => undefined],
    ['goes silent after its headers', { idleMs: 60 }, 'FW_MODEL_TRUNCATED', (response: Parameters<typeof open>[0]) => { open(response); response.flushHeaders(); }],
    ['goes silent in the middle', { idleMs: 200 }, 'FW_MODEL_PARTIAL', (response: Parameters<typeof open>[0]) => { open(response); response.write(event({ content: 'so far' })); }],
    ['keeps the line open for ever', { totalMs: 150, idleMs: 100 }, 'FW_MODEL_TRUNCATED', (response: Parameters<typeof open>[0]) => {
      open(response);
      const timer = setInterval(() => response.write(': keep-alive\n\n'), 20);
      response.once('close', () => clearInterval(timer));
    }],
  ] as const)('that %s is given up, and sees the connection close', async (_, timeouts, code, play) => {
    const model = await serve(play, { timeouts });
    expect(await failureOf(model.generate(hello))).toMatchObject({ code, retryable: true });
    await server?.requests[0]?.hungUp;
  });
});

describe('the caller', () => {
  test('who aborts gets a cancelled call, and the server sees the close', async () => {
    const model = await serve((response) => { open(response); response.write(event({ content: 'one ' })); });
    const controller = new AbortController();
    const failed = await failureOf(model.generate(hello, { signal: controller.signal, onEvent: (next) => { if (next.type === 'text') controller.abort(); } }));
    expect(failed).toMatchObject({ code: 'FW_MODEL_CANCELLED', retryable: false, partial: { text: 'one ' }, receipt: { attempts: [{ failure: { kind: 'cancelled' }, usage: { estimated: true } }] } });
    await server?.requests[0]?.hungUp;
  });

  test('who aborts before the first byte gets a cancelled call', async () => {
    const controller = new AbortController();
    const model = await serve(() => controller.abort());
    expect(await failureOf(model.generate(hello, { signal: controller.signal }))).toMatchObject({ code: 'FW_MODEL_CANCELLED' });
  });

  test('who leaves in the middle closes the connection and has the attempt in the books', async () => {
    const model = await serve((response) => { open(response); response.write(event({ content: 'one ' })); });
    const attempts: unknown[] = [];
    for await (const next of model.stream(hello, { onAttempt: (attempt) => attempts.push(attempt) })) if (next.type === 'text') break;
    await server?.requests[0]?.hungUp;
    expect(attempts).toMatchObject([{ failure: { kind: 'cancelled' } }]);
  });

  test('who calls many times leaves no listener on the signal', async () => {
    const model = await serve((response) => say(response, 'hi'));
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    for (let count = 0; count < 20; count += 1) await model.generate(hello, { signal });
    expect(added.mock.calls.length).toBe(20);
    expect(removed.mock.calls.length).toBe(20);
  });
});

describe('options that cannot work', () => {
  test.each([
    [{}, 'needs an apiKey'],
    [{ apiKey: 'line\nbreak' }, 'apiKey'],
    [{ apiKey: [key, ''] }, 'apiKey'],
    [{ apiKey: key, baseUrl: 'http://x' }, 'Did you mean "baseURL"?'],
    [{ apiKey: key, baseURL: 'not a url' }, 'baseURL'],
    [{ baseURL: 'http://user:hidden-password@127.0.0.1/v1' }, 'must not hold'],
    [{ apiKey: key, headers: { 'bad name': 'x' } }, 'headers'],
  ])('%j are refused at once', (options, words) => {
    let message = '';
    try {
      openai(options as OpenAIOptions);
    } catch (error) {
      expect(error).toMatchObject({ code: 'FW_MODEL_CONFIG' });
      ({ message } = error as Error);
    }
    expect(message).toContain(words);
    expect(message).not.toContain('hidden-password');
  });
});

test('a server that closes while the request is on its way is a network failure', async () => {
  const model = await serve((response) => { response.socket?.destroy(); });
  expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'network' });
});
