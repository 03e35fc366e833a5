import { describe, expect, test } from 'vitest';
import { createModel } from '../src/index.ts';
import type { Message, ModelEvent, ModelProvider, ModelRequest } from '../src/index.ts';
import { scripted } from '../src/scripted.ts';
import { failureOf, hello, named } from './failing-models.ts';

const finish: ModelEvent = { type: 'finish', reason: 'stop', raw: 'stop' };

function playing(events: readonly ModelEvent[], name = 'p', seen: ModelRequest[] = []): ModelProvider {
  return { specVersion: 1, name, async *stream(request) { seen.push(request); yield* events; } };
}

describe('a response', () => {
  test('keeps the order of thoughts, words and calls in its message, each thought with its own signature', async () => {
    const provider = playing([
      { type: 'start', model: 'real-name', attempt: 1 },
      { type: 'reasoning', delta: 'first ' }, { type: 'reasoning', delta: 'thought' }, { type: 'signature', opaque: 's1' },
      { type: 'reasoning', delta: 'second' }, { type: 'signature', opaque: 's2' },
      { type: 'tool-call', id: 't', name: 'read', arguments: { path: 'x' } },
      { type: 'text', delta: 'Now ' }, { type: 'text', delta: 'reading.' },
      finish,
    ]);
    const response = await createModel(provider, 'm').generate(hello);
    expect(response).toMatchObject({ text: 'Now reading.', reasoning: 'first thoughtsecond', finishReason: 'tool-calls', model: 'real-name' });
    expect(response.message).toEqual({ role: 'assistant', content: [
      { type: 'reasoning', text: 'first thought', opaque: { provider: 'p', opaque: 's1' } },
      { type: 'reasoning', text: 'second', opaque: { provider: 'p', opaque: 's2' } },
      { type: 'text', text: 'Now reading.' },
      { type: 'tool-call', id: 't', name: 'read', arguments: { path: 'x' } },
    ] });
    expect(JSON.parse(JSON.stringify(response))).toEqual(response);
  });

  test('gives a signature back to the provider that made it, and to no other', async () => {
    const { message } = await createModel(playing([{ type: 'reasoning', delta: 'hm' }, { type: 'signature', opaque: 's1' }, finish], 'one'), 'm').generate(hello);
    const again: { messages: Message[] } = { messages: [...hello.messages, message] };
    const seen: ModelRequest[] = [];
    await createModel(playing([finish], 'one', seen), 'm').generate(again);
    await createModel(playing([finish], 'two', seen), 'm').generate(again);
    expect(seen.map((request) => request.messages[1]?.content)).toEqual([[{ type: 'reasoning', text: 'hm', opaque: 's1' }], [{ type: 'reasoning', text: 'hm' }]]);
  });

  test.each([
    ['bare', '{"a":[1,2]}', { a: [1, 2] }],
    ['in a code fence', 'x', null],
  ])('has the JSON that was asked for as output: %s', async (_, text, output) => {
    const said = output === null ? '```json\n{"a":1}\n```\n' : text;
    const response = await named('m', [{ then: { text: said } }]).generate({ ...hello, output: { name: 'answer', schema: {} } });
    expect(response.output).toEqual(output ?? { a: 1 });
  });

  test.each([
    ['not JSON', 'Sure! {"a":1}', 'stop'],
    ['cut off', '{"a":', 'length'],
    ['nested without end', '['.repeat(5_000) + ']'.repeat(5_000), 'stop'],
    ['endless', `"${'x'.repeat(5_000_000)}"`, 'stop'],
  ] as const)('that is %s where JSON was asked for is malformed, with its text and usage kept', async (_, text, reason) => {
    const provider = playing([{ type: 'text', delta: text }, { ...finish, type: 'finish', reason, raw: reason }]);
    const failed = await failureOf(createModel(provider, 'm').generate({ ...hello, output: { name: 'answer', schema: {} } }));
    expect(failed).toMatchObject({ code: 'FW_MODEL_MALFORMED', retryable: true, receipt: { attempts: [{ model: 'p/m' }] } });
    expect(failed.partial?.text).toBe(text);
    expect(failed.message.length).toBeLessThan(1_000);
  });

  test('that calls a tool first needs no output yet', async () => {
    const response = await named('m', [{ then: { toolCalls: [{ name: 'read' }] } }]).generate({ ...hello, output: { name: 'answer', schema: {} } });
    expect(response).not.toHaveProperty('output');
    expect(response.toolCalls).toMatchObject([{ name: 'read', arguments: {} }]);
  });
});

describe('a provider', () => {
  test('may leave out its start and its usage', async () => {
    const events: ModelEvent[] = [];
    for await (const event of createModel(playing([{ type: 'text', delta: 'hello you' }, finish]), 'm').stream(hello)) events.push(event);
    expect(events.map((event) => event.type)).toEqual(['start', 'text', 'usage', 'finish']);
    expect(events[2]).toMatchObject({ usage: { outputTokens: 3, estimated: true, costNanoUsd: 'unknown' } });
  });

  test('may correct its usage, which replaces and does not add', async () => {
    const usage = { inputTokens: 100, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 7 };
    const response = await createModel(playing([{ type: 'usage', usage }, { type: 'usage', usage: { ...usage, inputTokens: 90 } }, finish]), 'm').generate(hello);
    expect(response.usage.inputTokens).toBe(90);
  });

  test('that ends without a finish is truncated, and its tool calls are never seen', async () => {
    const events: ModelEvent[] = [];
    const reading = async (): Promise<void> => { for await (const event of createModel(playing([{ type: 'tool-call', id: 't', name: 'rm', arguments: {} }]), 'm').stream(hello)) events.push(event); };
    expect(await failureOf(reading())).toMatchObject({ code: 'FW_MODEL_TRUNCATED' });
    expect(events).toEqual([]);
  });

  test('that throws something of its own is a failed call with that as its cause', async () => {
    const cause = new TypeError('undefined is not a function');
    const provider: ModelProvider = { specVersion: 1, name: 'p', stream: () => { throw cause; } };
    expect(await failureOf(createModel(provider, 'm').generate(hello))).toMatchObject({ code: 'FW_MODEL_FAILED', failure: 'protocol', cause });
  });

  test('that ignores the abort does not keep the caller waiting', async () => {
    const provider: ModelProvider = { specVersion: 1, name: 'p', async *stream() { await new Promise(() => undefined); yield finish; } };
    const controller = new AbortController();
    const call = failureOf(createModel(provider, 'm').generate(hello, { signal: controller.signal }));
    controller.abort(new Error('enough'));
    expect(await call).toMatchObject({ code: 'FW_MODEL_CANCELLED', cause: { message: 'enough' }, receipt: { attempts: [{ failure: { kind: 'cancelled' } }] } });
  });

  test('that never stops talking is stopped', async () => {
    const provider: ModelProvider = { specVersion: 1, name: 'p', async *stream() { for (;;) yield { type: 'text', delta: 'x'.repeat(1_000_000) } as const; } };
    const failed = await failureOf(createModel(provider, 'm').generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_PARTIAL', failure: 'protocol' });
  });

  test('is not asked at all when the caller aborted before', async () => {
    const seen: ModelRequest[] = [];
    const failed = await failureOf(createModel(playing([finish], 'p', seen), 'm').generate(hello, { signal: AbortSignal.abort() }));
    expect(failed).toMatchObject({ code: 'FW_MODEL_CANCELLED', receipt: { attempts: [] } });
    expect(seen).toEqual([]);
  });
});

test('a simulated provider makes simulated models', () => {
  expect(createModel(scripted({ script: [] }), 'm').simulated).toBe(true);
  expect(createModel(playing([]), 'm')).not.toHaveProperty('simulated');
});

test('a name that is no name of a model is refused', () => {
  expect(() => createModel(playing([]), '')).toThrow(expect.objectContaining({ code: 'FW_MODEL_CONFIG' }));
});
