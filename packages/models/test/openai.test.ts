import { afterEach, describe, expect, test } from 'vitest';
import { startFaultServer } from '../src/fault-server.ts';
import type { FaultAnswer, FaultServer, FaultServerOptions } from '../src/fault-server.ts';
import { createModel } from '../src/index.ts';
import type { JsonObject, Model } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import type { OpenAIOptions } from '../src/openai.ts';
import { failureOf, hello } from './failing-models.ts';

const key = 'sk-test-0123456789abcdef';
let server: FaultServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(answers: FaultServerOptions['answers'], options: Partial<OpenAIOptions> = {}): Promise<Model> {
  server = await startFaultServer({ wire: 'openai-chat', answers });
  return createModel(openai({ apiKey: key, baseURL: server.baseURL, ...options }), 'm1');
}

function chunk(delta: JsonObject, finish: string | null = null): string {
  return `data: ${JSON.stringify({ id: 'c1', model: 'served-model', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}

function raw(...events: readonly string[]): FaultAnswer {
  return { raw: { body: `${events.join('')}data: [DONE]\n\n` } };
}

describe('servers that speak chat completions in their own way', () => {
  test('give every tool call the same index', async () => {
    const calls = [{ index: 0, id: 'one', function: { name: 'read', arguments: '{"n":1}' } }, { index: 0, id: 'two', function: { name: 'read', arguments: '{"n":2}' } }];
    const response = await (await serve(raw(chunk({ tool_calls: calls }), chunk({}, 'stop')))).generate(hello);
    expect(response.toolCalls.map((call) => call.arguments)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(response.finishReason).toBe('tool-calls');
  });

  test('give a tool call neither index nor id', async () => {
    const model = await serve(raw(chunk({ tool_calls: [{ function: { name: 'list', arguments: '{}' } }] }), chunk({}, 'tool_calls')));
    expect((await model.generate(hello)).toolCalls).toEqual([{ id: expect.stringMatching(/^call_/) as string, name: 'list', arguments: {} }]);
  });

  test('send usage that makes no sense, which is counted instead', async () => {
    const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: -5, completion_tokens: 'many' } })}\n\n`;
    expect((await (await serve(raw(chunk({ content: 'x'.repeat(40) }, 'stop'), usage))).generate(hello)).usage).toMatchObject({ outputTokens: 10, estimated: true });
  });

  test('name thoughts "reasoning", and sometimes send something else under that name', async () => {
    const model = await serve(raw(chunk({ reasoning: 'Hm.' }), chunk({ reasoning: { tokens: 5 }, content: 'Yes.' }, 'stop')));
    expect(await model.generate(hello)).toMatchObject({ reasoning: 'Hm.', text: 'Yes.' });
  });

  test('send tool calls without end, and are stopped', async () => {
    const calls = Array.from({ length: 300 }, (_, index) => chunk({ tool_calls: [{ index, id: `t${index}`, function: { name: 'n', arguments: '{}' } }] }));
    expect(await failureOf((await serve(raw(...calls))).generate(hello))).toMatchObject({ code: 'FW_MODEL_PROTOCOL', message: expect.stringContaining('256 tool calls') as string });
  });

  test('release the complete calls of an answer that hit its length', async () => {
    const calls = [{ index: 0, id: 'a', function: { name: 'one', arguments: '{"n":1}' } }, { index: 1, id: 'b', function: { name: 'two', arguments: '{"n":' } }];
    expect(await (await serve(raw(chunk({ tool_calls: calls }), chunk({}, 'length')))).generate(hello)).toMatchObject({ finishReason: 'length', toolCalls: [{ name: 'one' }] });
  });

  test.each([['an event of another shape', 'data: {"choices":"none"}\n\n'], ['half an event', 'data: {"choices":[{"del\n\n']])('send %s, which is a protocol failure', async (_, body) => {
    expect(await failureOf((await serve({ raw: { body } })).generate(hello))).toMatchObject({ code: 'FW_MODEL_PROTOCOL' });
  });

  test('may be read more slowly than their idle time', async () => {
    const model = await serve({ text: ['take ', 'your ', 'time'] }, { timeouts: { idleMs: 500 } });
    let text = '';
    for await (const next of model.stream(hello)) {
      if (next.type === 'text' && text === '') await new Promise((resolve) => setTimeout(resolve, 1_000));
      if (next.type === 'text') text += next.delta;
    }
    expect(text).toBe('take your time');
  });
});

describe('the request', () => {
  test('carries messages, tools, results and settings in the words of chat completions', async () => {
    const model = await serve({ text: '{"a":1}' });
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
    const model = await serve({ text: 'ok' });
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
      return new Response(chunk({ content: 'hi' }, 'stop'), { headers: { 'content-type': 'text/event-stream' } });
    };
    await createModel(openai({ apiKey: key, fetch, api: 'chat' }), 'm1').generate({ ...hello, maxOutputTokens: 5 });
    expect(bodies).toMatchObject(['https://api.openai.com/v1/chat/completions', { max_completion_tokens: 5 }]);
    expect(bodies[1]).not.toHaveProperty('max_tokens');
  });

  test('carries no authorization when there is no key', async () => {
    server = await startFaultServer({ wire: 'openai-chat', answers: { text: 'hi' } });
    await createModel(openai({ name: 'local', baseURL: server.baseURL }), 'm1').generate(hello);
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('is refused before it is sent when chat completions cannot say it', async () => {
    const model = await serve({ text: 'hi' });
    expect(await failureOf(model.generate({ ...hello, reasoning: { budgetTokens: 100 } }))).toMatchObject({ code: 'FW_MODEL_PARAMETER', retryable: false });
    expect(await failureOf(model.generate({ messages: [{ role: 'tool', content: 'no id' }] }))).toMatchObject({ code: 'FW_MODEL_INVALID' });
    expect(server?.requests).toHaveLength(0);
  });
});

describe('an error of the service', () => {
  test.each([
    [400, { code: null, message: "This model's maximum context length is 8192 tokens." }, 'context'],
    [400, { code: 'string_above_max_length' }, 'context'],
    [400, { code: 'unknown_parameter' }, 'parameter'],
    [400, { code: null, message: 'Unrecognized request argument supplied: foo' }, 'parameter'],
    [400, { code: 'invalid_function_parameters' }, 'invalid'],
    [429, { code: 'billing_hard_limit_reached' }, 'quota'],
  ] as const)('%i %j is %s', async (status, fields, failure) => {
    const model = await serve({ error: { failure: 'invalid', status, fields } });
    expect(await failureOf(model.generate(hello))).toMatchObject({ failure, status });
  });

  test('names the time to come back in milliseconds rather than in seconds', async () => {
    const model = await serve({ error: { failure: 'rate-limit' }, headers: { 'retry-after': '7', 'retry-after-ms': '3000' } });
    const before = Date.now();
    const { retryAt } = await failureOf(model.generate(hello));
    expect(retryAt).toBeGreaterThanOrEqual(before + 3_000);
    expect(retryAt).toBeLessThanOrEqual(Date.now() + 3_000);
  });

  test('that comes as an event may carry its status as its code', async () => {
    const model = await serve(raw('data: {"error":{"message":"slow down","code":429}}\n\n'));
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_RATE_LIMIT', status: 429 });
  });

  test('never carries a header of the caller', async () => {
    const model = await serve({ error: { failure: 'auth', message: 'Bad token header-secret-1' } }, { headers: { 'x-token': 'header-secret-1' } });
    const failed = await failureOf(model.generate(hello));
    expect(failed.message).toContain('[redacted]');
    expect(JSON.stringify([failed.message, failed.stack, Object.entries(failed)])).not.toContain('header-secret-1');
  });
});

test.each([
  [{}, 'needs an apiKey'],
  [{ apiKey: key, api: 'completions' }, 'api'],
  [{ apiKey: key, baseUrl: 'http://x' }, 'Did you mean "baseURL"?'],
  [{ baseURL: 'http://user:hidden-password@127.0.0.1/v1' }, 'must not hold'],
] as const)('options that cannot work are refused at once: %j', (options, words) => {
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
