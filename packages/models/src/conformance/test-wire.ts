import { afterEach, describe, expect, test } from 'vitest';
import { createModel } from '../create-model.ts';
import { startFaultServer } from '../fault-server.ts';
import type { FaultAnswer, FaultError, FaultServer, FaultServerOptions, FaultWire } from '../fault-server.ts';
import { isModelError } from '../is-model-error.ts';
import type { CallOptions, Message, Model, ModelEvent, ModelProvider, ModelRequest } from '../model.ts';
import type { ModelError } from '../model-error.ts';
import type { Timeouts } from '../watchdog.ts';

export interface WireTestOptions {
  readonly wire: FaultWire;
  readonly model: string;
  readonly apiKey: string;
}

const hello: ModelRequest = { messages: [{ role: 'user', content: 'hello' }] };
const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 64, reasoningTokens: 8 };
const calls = [
  { id: 'a', name: 'read', arguments: { path: 'a file with a long name.txt' } },
  { id: 'b', name: 'write', arguments: { x: 1 } },
] as const;
/** One of each part, so that a cut can hit any of them. */
const everything: FaultAnswer = { reasoning: 'Let me think.', signature: 'c2lnbmF0dXJl', text: ['Grüße ', 'aus 東京 🚀'], toolCalls: calls, usage };

/** What must hold on every wire whatever the service does, with a server that does it. */
export function testWire(
  create: (baseURL: string, settings: { readonly timeouts?: Timeouts }) => ModelProvider | Promise<ModelProvider>,
  options: WireTestOptions,
): void {
  let server: FaultServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const serve = async (answers: FaultServerOptions['answers'], settings: { readonly timeouts?: Timeouts } = {}): Promise<Model> => {
    server = await startFaultServer({ wire: options.wire, answers });
    return createModel(await create(server.baseURL, settings), options.model);
  };
  const firstRequest = (): FaultServer['requests'][number] => {
    const request = server?.requests[0];
    if (request === undefined) throw new Error('No request arrived.');
    return request;
  };

  describe('a healthy answer', () => {
    test('is told whole: thoughts as reasoning, text, parallel calls, finish and model', async () => {
      const model = await serve({ ...everything, model: 'the-model-itself' });
      const response = await model.generate(hello);
      expect(response).toMatchObject({ reasoning: 'Let me think.', text: 'Grüße aus 東京 🚀', toolCalls: calls, finishReason: 'tool-calls', model: 'the-model-itself' });
      expect(JSON.parse(JSON.stringify(response))).toEqual(response);
    });

    test('has its usage in normal form: cached tokens inside the input, reasoning inside the output', async () => {
      const model = await serve({ text: 'ok', usage });
      expect((await model.generate(hello)).usage).toEqual({ ...usage, cacheWriteTokens: 0, estimated: false, costNanoUsd: 'unknown' });
    });

    test('without usage has it counted and marked as estimated', async () => {
      const model = await serve({ text: 'x'.repeat(40), usage: 'none' });
      expect((await model.generate(hello)).usage).toMatchObject({ outputTokens: 10, estimated: true });
    });

    test('survives UTF-8 split across packets, CRLF, comments and unknown events', async () => {
      for (const how of [{ chunkBytes: 7 }, { crlf: true, chunkBytes: 50 }, { comments: true }, { unknownEvents: true }, { crlf: true, comments: true, unknownEvents: true, chunkBytes: 11 }]) {
        const model = await serve({ ...everything, ...how });
        expect(await model.generate(hello), JSON.stringify(how)).toMatchObject({ text: 'Grüße aus 東京 🚀', reasoning: 'Let me think.', toolCalls: calls });
        await server?.close();
      }
    });

    test('gives a tool without arguments an empty object, and a call without an id one that is the same again', async () => {
      const model = await serve({ toolCalls: [{ id: '', name: 'list', arguments: '' }] });
      const [one, again, other] = await Promise.all(['k1', 'k1', 'k2'].map(async (key) => (await model.generate(hello, { key })).toolCalls[0]));
      expect(one).toMatchObject({ name: 'list', arguments: {} });
      expect(one?.id).not.toBe('');
      expect(again?.id).toBe(one?.id);
      expect(other?.id).not.toBe(one?.id);
    });

    test('that hits its length says so and releases only complete calls', async () => {
      const model = await serve([{ text: 'so far', finish: 'length' }, { toolCalls: [{ name: 'write', arguments: '{"path":"/' }], finish: 'length' }]);
      expect(await model.generate(hello)).toMatchObject({ text: 'so far', finishReason: 'length' });
      const cut = await model.generate(hello);
      expect(cut.finishReason).toBe('length');
      for (const call of cut.toolCalls) expect(typeof call.arguments).toBe('object');
    });

    test('may be slower as a whole than the idle time', async () => {
      const text = Array.from({ length: 12 }, (_, index) => `${index} `);
      const model = await serve({ text, gapMs: 100 }, { timeouts: { idleMs: 1_000 } });
      expect((await model.generate(hello)).text).toBe(text.join(''));
    });

    test('sends one request only, and shows its headers', async () => {
      const seen: Record<string, string>[] = [];
      const provider = await create((server = await startFaultServer({ wire: options.wire, answers: { text: 'ok', headers: { 'x-test': 'seen' } } })).baseURL, {});
      const call = { model: options.model, key: 'k', attempt: 1, signal: new AbortController().signal, onHeaders: (headers: Record<string, string>) => seen.push(headers) };
      for await (const event of provider.stream(hello, call)) void event;
      expect(server.requests).toHaveLength(1);
      expect(seen).toMatchObject([{ 'x-test': 'seen' }]);
      expect(server.requests[0]).toMatchObject({ apiKey: options.apiKey, model: options.model });
    });
  });

  describe('the request', () => {
    test('carries system, tools, schema, image, calls and results', async () => {
      const model = await serve({ text: '{"answer":1}' });
      const response = await model.generate({
        messages: [
          { role: 'system', content: 'You are the-system.' },
          { role: 'user', content: [{ type: 'text', text: 'the-question' }, { type: 'image', mediaType: 'image/png', data: 'aW1hZ2U=' }] },
          { role: 'assistant', content: [{ type: 'text', text: 'the-answer' }, { type: 'tool-call', id: 'the-call', name: 'look', arguments: { at: 'the-argument' } }] },
          { role: 'tool', content: [{ type: 'tool-result', id: 'the-call', name: 'look', content: { saw: 'the-result' } }] },
        ],
        tools: [{ name: 'look', description: 'the-description', inputSchema: { type: 'object', properties: { at: { type: 'string', title: 'the-title' } } } }],
        output: { name: 'answer', schema: { type: 'object', properties: { answer: { type: 'number', title: 'the-schema' } }, additionalProperties: false } },
        maxOutputTokens: 4_321,
      });
      expect(response.output).toEqual({ answer: 1 });
      const body = JSON.stringify(firstRequest().body);
      for (const word of ['the-system', 'the-question', 'aW1hZ2U=', 'the-answer', 'the-call', 'the-argument', 'the-result', 'the-description', 'the-title', 'the-schema', '4321']) expect(body).toContain(word);
    });

    test('gives a signature back to the provider that made it, and to no other', async () => {
      const model = await serve(everything);
      const { message } = await model.generate(hello);
      const results: Message = { role: 'tool', content: calls.map((call) => ({ type: 'tool-result', id: call.id, name: call.name, content: 'done' })) };
      await model.generate({ messages: [...hello.messages, message, results] });
      const foreign = JSON.parse(JSON.stringify(message).replaceAll(/"provider":"[^"]*"/g, '"provider":"somebody-else"')) as Message;
      await model.generate({ messages: [...hello.messages, foreign, results] });
      const [, own, other] = (server?.requests ?? []).map((request) => JSON.stringify(request.body));
      // Chat completions have no signatures.
      if (options.wire !== 'openai-chat') expect(own).toContain('c2lnbmF0dXJl');
      expect(other).not.toContain('c2lnbmF0dXJl');
    });
  });

  describe('an error of the service', () => {
    const failures = ['rate-limit', 'quota', 'overloaded', 'server', 'context', 'auth', 'model-gone', 'parameter', 'invalid', 'policy'] as const satisfies readonly FaultError['failure'][];
    test.each(failures)('of kind %s is told as that, after one request', async (failure) => {
      const model = await serve({ error: { failure }, headers: { 'x-should-retry': 'true' } });
      expect(await failureOf(model.generate(hello))).toMatchObject({ failure, receipt: { attempts: [{ usage: { inputTokens: 0, outputTokens: 0 } }] } });
      expect(server?.requests).toHaveLength(1);
    });

    test.each([[500, 'server'], [502, 'server'], [504, 'server'], [503, 'overloaded'], [529, 'overloaded'], [402, 'quota'], [401, 'auth'], [403, 'auth'], [404, 'model-gone'], [413, 'invalid'], [422, 'invalid'], [307, 'invalid']] as const)('as bare HTTP %i is %s', async (status, failure) => {
      const model = await serve({ raw: { status, contentType: 'text/html', body: '<html><body>nothing to see</body></html>' } });
      const failed = await failureOf(model.generate(hello));
      expect(failed).toMatchObject({ failure, status });
      expect(failed.message).not.toContain('<');
      expect(server?.requests).toHaveLength(1);
    });

    test('names the time to come back', async () => {
      const model = await serve({ error: { failure: 'rate-limit', retryAfterMs: 3_000 } });
      const before = Date.now();
      const { retryAt } = await failureOf(model.generate(hello));
      expect(retryAt).toBeGreaterThanOrEqual(before + 3_000);
      expect(retryAt).toBeLessThanOrEqual(Date.now() + 3_000);
    });

    test('after text keeps the text and says what went wrong', async () => {
      const model = await serve({ text: 'half of it', finish: 'none', errorEvent: { failure: 'overloaded' } });
      const failed = await failureOf(model.generate(hello));
      expect(failed).toMatchObject({ code: 'FW_MODEL_PARTIAL', partial: { text: 'half of it' } });
      expect(['overloaded', 'server']).toContain(failed.failure);
    });

    test('before any text leaves nothing behind', async () => {
      const model = await serve({ finish: 'none', errorEvent: { failure: 'rate-limit' } });
      const { events, error } = await readAll(model);
      expect(error).toMatchObject({ failure: 'rate-limit' });
      expect(events).toEqual([]);
    });

    test('that is a refusal is policy, with its usage and its words', async () => {
      const model = await serve({ refusal: 'I would rather not.', usage });
      const failed = await failureOf(model.generate(hello));
      expect(failed).toMatchObject({ failure: 'policy', receipt: { attempts: [{ usage: { ...usage, estimated: false } }] } });
      expect(failed.message).toContain('I would rather not.');
    });

    test('by a content filter is policy', async () => {
      const model = await serve({ text: 'It begins', finish: 'content-filter' });
      expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'policy', partial: { text: 'It begins' } });
    });

    test('never carries the key, wherever the service repeats it', async () => {
      const { apiKey } = options;
      const model = await serve([
        { error: { failure: 'auth', message: `Bad key ${apiKey}`, fields: { key: apiKey } }, headers: { 'x-key': apiKey } },
        { finish: 'none', errorEvent: { failure: 'server', message: `Key ${apiKey} broke` } },
        { refusal: `Not with ${apiKey}` },
      ]);
      for (let count = 0; count < 3; count += 1) {
        const failed = await failureOf(model.generate(hello));
        // What the model itself said was delivered before.
        const { partial, ...rest } = failed;
        expect(JSON.stringify([failed.message, failed.stack, rest, failed.cause]) + String(failed.cause)).not.toContain(apiKey);
      }
    });
  });

  describe('a broken service', () => {
    test.each([
      ['nothing', { raw: { body: '' } }, 'protocol'],
      ['JSON of another shape', { raw: { contentType: 'application/json', body: '{"id":"x"}' } }, 'protocol'],
      ['an event that is no JSON', { text: 'x', edit: (events) => ['event: message_start\ndata: {"choices":[{"del\n\n', ...events] }, 'protocol'],
      ['two events spliced into each other', { text: 'x', edit: (events) => [events.map((event) => event.slice(0, 40)).join('')] }, 'protocol'],
      ['no finish', { text: 'x', finish: 'none' }, 'truncated'],
    ] as const satisfies readonly (readonly [string, FaultAnswer, string])[])('that sends %s is told as what it is', async (_, answer, failure) => {
      const model = await serve(answer);
      const failed = await failureOf(model.generate(hello));
      expect([failure, ...(failure === 'protocol' ? ['truncated'] : [])]).toContain(failed.failure);
      expect(failed.retryable).toBe(true);
    });

    test('that answers with a web page is a protocol failure', async () => {
      const model = await serve({ raw: { contentType: 'text/html; charset=utf-8', body: '<html>hi</html>' } });
      expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'protocol', status: 200 });
    });

    test('that says its last word twice is understood', async () => {
      const model = await serve({ text: 'once', edit: (events) => [...events, events.at(-1) ?? ''] });
      expect((await model.generate(hello)).text).toBe('once');
    });

    test('that ends without a finish is truncated, with the text kept and no call released', async () => {
      const model = await serve({ ...everything, finish: 'none' });
      const { events, error } = await readAll(model);
      expect(error).toMatchObject({ code: 'FW_MODEL_PARTIAL', failure: 'truncated', partial: { text: 'Grüße aus 東京 🚀' } });
      expect(events.map((event) => event.type)).not.toContain('tool-call');
    });

    test('that is cut at any byte, cleanly or not, never releases a call and never looks complete', async () => {
      const whole = await serve((request) => ({ ...everything, ...(request.number === 0 ? {} : { [request.number % 2 === 0 ? 'cutAt' : 'endAt']: request.number * 43 }) }));
      await whole.generate(hello);
      let complete = 0;
      for (let count = 1; count < 120 && complete < 2; count += 1) {
        const { events, error } = await readAll(whole);
        if (error === undefined) {
          complete += 1;
          expect(events.filter((event) => event.type === 'tool-call')).toHaveLength(2);
        } else {
          expect(['truncated', 'network', 'protocol']).toContain(error.failure);
          expect(events.map((event) => event.type)).not.toContain('tool-call');
        }
      }
      expect(complete).toBe(2);
    });

    test('that finishes with arguments which are no object does not get its tool run', async () => {
      const model = await serve({ toolCalls: [{ name: 'rm', arguments: '{"path":' }] });
      expect(await failureOf(model.generate(hello))).toMatchObject({ failure: 'malformed', retryable: true });
    });

    test.each([
      ['never answers', { delayMs: 30_000 }, { firstByteMs: 100 }, 'network'],
      ['goes silent after its headers', { stallAt: 0 }, { idleMs: 300 }, 'truncated'],
      ['goes silent in the middle', { text: 'some words', finish: 'none', keepOpen: true }, { idleMs: 300 }, 'truncated'],
      ['talks for ever', { text: Array.from({ length: 1_500 }, () => 'on '), gapMs: 20 }, { totalMs: 200 }, 'truncated'],
    ] as const satisfies readonly (readonly [string, FaultAnswer, Timeouts, string])[])('that %s is given up, and sees the connection close', async (_, answer, timeouts, failure) => {
      // On a busy machine the time may be over before the service has heard anything: then once more, with more of it.
      for (let times = 1; times === 1 || server?.requests.length === 0; times *= 4) {
        await server?.close();
        const model = await serve(answer, { timeouts: Object.fromEntries(Object.entries(timeouts).map(([name, ms]) => [name, ms * times])) });
        expect(await failureOf(model.generate(hello))).toMatchObject({ failure, retryable: true });
      }
      expect(await firstRequest().leftEarly).toBe(true);
    });

    test('that is complete is so although it never closes the stream', async () => {
      const model = await serve({ text: 'all of it', keepOpen: true }, { timeouts: { idleMs: 1_000 } });
      expect(await model.generate(hello)).toMatchObject({ text: 'all of it', finishReason: 'stop' });
    });

    test('that is not there is a network failure', async () => {
      const model = await serve({});
      await server?.close();
      server = undefined;
      expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_NETWORK', retryable: true });
    });
  });

  describe('the caller', () => {
    const talking: FaultAnswer = { text: Array.from({ length: 100 }, () => 'on '), gapMs: 20 };

    test('who aborts gets a cancelled call, and the server sees the close', async () => {
      const model = await serve(talking);
      const controller = new AbortController();
      const failed = await failureOf(model.generate(hello, { signal: controller.signal, onEvent: (event) => { if (event.type === 'text') controller.abort(); } }));
      expect(failed).toMatchObject({ code: 'FW_MODEL_CANCELLED', retryable: false });
      expect(failed.partial?.text).toMatch(/^on /);
      expect(await firstRequest().leftEarly).toBe(true);
    });

    test('who aborts before the first byte gets a cancelled call', async () => {
      const controller = new AbortController();
      const model = await serve(() => { controller.abort(); return { delayMs: 200 }; });
      expect(await failureOf(model.generate(hello, { signal: controller.signal }))).toMatchObject({ code: 'FW_MODEL_CANCELLED' });
    });

    test('who leaves in the middle closes the connection', async () => {
      const model = await serve(talking);
      for await (const event of model.stream(hello)) if (event.type === 'text') break;
      expect(await firstRequest().leftEarly).toBe(true);
    });
  });
}

async function failureOf(promise: Promise<unknown>): Promise<ModelError> {
  return promise.then(
    () => { throw new Error('The call did not fail.'); },
    (error: unknown) => { if (isModelError(error)) return error; throw error; },
  );
}

async function readAll(model: Model, options: CallOptions = {}): Promise<{ readonly events: readonly ModelEvent[]; readonly error: ModelError | undefined }> {
  const events: ModelEvent[] = [];
  try {
    for await (const event of model.stream(hello, options)) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    if (!isModelError(error)) throw error;
    return { events, error };
  }
}
