import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anthropic } from '../src/anthropic.ts';
import { cassette } from '../src/cassette.ts';
import { conformanceScript, testProvider } from '../src/conformance.ts';
import { startFaultServer } from '../src/fault-server.ts';
import { createModel } from '../src/index.ts';
import type { Message, ModelProvider } from '../src/index.ts';
import { scripted } from '../src/scripted.ts';
import { failureOf, fails, fine, hello } from './failing-models.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cassette-'));
  file = join(folder, 'tapes', 'one.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const replaying = (name: string): ModelProvider => cassette({ file, mode: 'replay', provider: { name } });
const say = (text: string): { messages: Message[] } => ({ messages: [{ role: 'user', content: text }] });

const home = await mkdtemp(join(tmpdir(), 'cassette-'));
afterAll(() => rm(home, { recursive: true }));
testProvider('cassette', () => cassette({ file: join(home, 'conformance.jsonl'), mode: 'auto', provider: scripted({ script: conformanceScript }) }));

test('a conversation with thoughts, signatures and tools is replayed without its service', async () => {
  const server = await startFaultServer({ wire: 'anthropic', answers: [{ reasoning: 'Hm.', signature: 'c2ln', text: 'Reading.', toolCalls: [{ name: 'read', arguments: { path: 'x' } }] }, { text: 'Done.' }] });
  const converse = async (provider: ModelProvider): Promise<unknown[]> => {
    const model = createModel(provider, 'm');
    const first = await model.generate(hello);
    const results: Message = { role: 'tool', content: first.toolCalls.map((call) => ({ type: 'tool-result', id: call.id, name: call.name, content: 'found' })) };
    const second = await model.generate({ messages: [...hello.messages, first.message, results] });
    return [first, second].map(({ receipt, usage, ...response }) => ({ ...response, tokens: [usage.inputTokens, usage.outputTokens], attempts: receipt.attempts.length }));
  };
  const recorded = await converse(cassette({ file, mode: 'record', provider: anthropic({ apiKey: 'sk-ant-0123456789', baseURL: server.baseURL }) }));
  await server.close();
  expect(await converse(replaying('anthropic'))).toEqual(recorded);
});

describe('replay', () => {
  test('costs nothing and is simulated', async () => {
    const usage = { inputTokens: 5, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 77 };
    const paid: ModelProvider = { specVersion: 1, name: 'p', async *stream() { yield { type: 'usage', usage }; yield { type: 'finish', reason: 'stop', raw: 'x' }; } };
    expect((await createModel(cassette({ file, mode: 'record', provider: paid }), 'm').generate(hello)).usage.costNanoUsd).toBe(77);
    const provider = replaying('p');
    expect(provider.simulated).toBe(true);
    expect((await createModel(provider, 'm').generate(hello)).usage).toEqual({ ...usage, costNanoUsd: 0 });
  });

  test('finds a request however it is written down, and no other one', async () => {
    await createModel(cassette({ file, mode: 'record', provider: scripted({ script: [fine] }) }), 'm').generate({ ...hello, temperature: 0, maxOutputTokens: 9 });
    const model = createModel(replaying('scripted'), 'm');
    expect((await model.generate({ maxOutputTokens: 9, messages: [{ content: [{ text: 'hello', type: 'text' }], role: 'user' }], temperature: 0 })).text).toBe('fine');
    for (const [name, request] of [['m', { ...hello, temperature: 1, maxOutputTokens: 9 }], ['m', hello], ['other', { ...hello, temperature: 0, maxOutputTokens: 9 }]] as const) {
      const failed = await failureOf(createModel(replaying('scripted'), name).generate(request));
      expect(failed).toMatchObject({ code: 'FW_MODEL_CASSETTE', failure: 'invalid', retryable: false });
      expect(failed.message).toContain('"hello"');
    }
  });

  test('plays several answers to one request in their order, and then no more', async () => {
    let count = 0;
    const counting: ModelProvider = { specVersion: 1, name: 'p', async *stream() { yield { type: 'text', delta: `answer ${++count}` }; yield { type: 'finish', reason: 'stop', raw: 'x' }; } };
    const recording = createModel(cassette({ file, mode: 'record', provider: counting }), 'm');
    await recording.generate(hello);
    await recording.generate(hello);
    const model = createModel(replaying('p'), 'm');
    expect([(await model.generate(hello)).text, (await model.generate(hello)).text]).toEqual(['answer 1', 'answer 2']);
    expect(await failureOf(model.generate(hello))).toMatchObject({ code: 'FW_MODEL_CASSETTE' });
  });

  test('repeats a failure as it was', async () => {
    const once = await failureOf(createModel(cassette({ file, mode: 'record', provider: scripted({ script: [fails('overloaded', { text: 'half' })] }) }), 'm').generate(hello));
    const again = await failureOf(createModel(replaying('scripted'), 'm').generate(hello));
    expect(again).toMatchObject({ code: once.code, failure: 'overloaded', message: once.message, retryable: true, partial: { text: 'half' } });
  });

  test.each([['not there', undefined], ['empty', ''], ['something else', '{"hello":1}\n'], ['damaged', '{"cassette":1}\n{"key":\n'], ['without events', '{"cassette":1}\n{"key":"x"}\n']])('from a file that is %s says so', async (_, content) => {
    file = join(folder, 'bad.jsonl');
    if (content !== undefined) await writeFile(file, content);
    const failed = await failureOf(createModel(replaying('p'), 'm').generate(hello));
    expect(failed).toMatchObject({ code: 'FW_MODEL_CASSETTE' });
    expect(failed.message).toContain(file);
  });
});

describe('the file', () => {
  test('holds no secret: none that is named, none of a known form, none in two pieces', async () => {
    const provider: ModelProvider = {
      specVersion: 1, name: 'p',
      async *stream() {
        yield { type: 'text', delta: 'The key is sk-proj-01234567' };
        yield { type: 'text', delta: '89abcdef, and my-own-secret.' };
        yield { type: 'tool-call', id: 't', name: 'login', arguments: { token: 'ghp_0123456789abcdef0123' } };
        yield { type: 'finish', reason: 'stop', raw: 'x' };
      },
    };
    const secretly = say('Use my-own-secret and AIzaSyA0123456789abcdefghijklmnopqrstuv.');
    const response = await createModel(cassette({ file, mode: 'record', provider, secrets: ['my-own-secret'] }), 'm').generate(secretly);
    expect(response.text).toContain('my-own-secret');
    const text = await readFile(file, 'utf8');
    for (const secret of ['my-own-secret', 'sk-proj', '89abcdef', 'ghp_', 'AIza']) expect(text).not.toContain(secret);
    const replayed = await createModel(cassette({ file, mode: 'replay', provider: { name: 'p' }, secrets: ['my-own-secret'] }), 'm').generate(secretly);
    expect(replayed.text).toBe('The key is [redacted], and [redacted].');
    // What follows from a replayed answer is found as well.
    expect(replayed.toolCalls[0]?.arguments).toEqual({ token: '[redacted]' });
  });

  test('stands concurrent calls', async () => {
    const recording = createModel(cassette({ file, mode: 'record', provider: scripted({ script: conformanceScript.replies.concat(fine) }) }), 'm');
    const words = Array.from({ length: 100 }, (_, index) => `word ${index} ${'x'.repeat(5_000)}`);
    await Promise.all(words.map((word) => recording.generate(say(word))));
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(101);
    const model = createModel(replaying('scripted'), 'm');
    const texts = await Promise.all(words.map(async (word) => (await model.generate(say(word))).text));
    expect(texts).toEqual(words.map(() => 'fine'));
  });

  test('whose last line a crash cut off keeps all the others, and is continued', async () => {
    await createModel(cassette({ file, mode: 'record', provider: scripted({ script: [fine] }) }), 'm').generate(say('one'));
    const { size } = await stat(file);
    await appendFile(file, '{"key":"abc","events":[{"type":"te');
    expect((await createModel(replaying('scripted'), 'm').generate(say('one'))).text).toBe('fine');
    const auto = createModel(cassette({ file, mode: 'auto', provider: scripted({ script: [fine] }) }), 'm');
    await auto.generate(say('two'));
    expect((await readFile(file, 'utf8')).slice(0, size)).not.toContain('abc');
    const model = createModel(replaying('scripted'), 'm');
    expect([(await model.generate(say('one'))).text, (await model.generate(say('two'))).text]).toEqual(['fine', 'fine']);
  });

  test('is begun anew by record, and asked first by auto', async () => {
    const says = (text: string): ModelProvider => scripted({ script: [{ then: { text } }] });
    await createModel(cassette({ file, mode: 'record', provider: says('old') }), 'm').generate(hello);
    expect((await createModel(cassette({ file, mode: 'auto', provider: says('new') }), 'm').generate(hello)).text).toBe('old');
    expect((await createModel(cassette({ file, mode: 'record', provider: says('new') }), 'm').generate(hello)).text).toBe('new');
    expect((await createModel(replaying('scripted'), 'm').generate(hello)).text).toBe('new');
  });

  test('does not hold a call that its caller ended', async () => {
    const controller = new AbortController();
    const recording = createModel(cassette({ file, mode: 'record', provider: scripted({ script: conformanceScript }) }), 'm');
    const talking = say('conformance: keep talking');
    expect(await failureOf(recording.generate(talking, { signal: controller.signal, onEvent: () => controller.abort() }))).toMatchObject({ code: 'FW_MODEL_CANCELLED' });
    for await (const event of recording.stream(talking)) if (event.type === 'text') break;
    expect(await failureOf(createModel(replaying('scripted'), 'm').generate(talking))).toMatchObject({ code: 'FW_MODEL_CASSETTE' });
  });

  test('that cannot be written fails the call that would be lost', async () => {
    file = folder;
    expect(await failureOf(createModel(cassette({ file, mode: 'record', provider: scripted({ script: [fine] }) }), 'm').generate(hello))).toMatchObject({ code: 'FW_MODEL_CASSETTE' });
  });
});

test.each([[{ file: '', mode: 'replay', provider: { name: 'p' } }], [{ file: 'x', mode: 'play', provider: { name: 'p' } }], [{ file: 'x', mode: 'auto', provider: { name: 'p' } }], [{ file: 'x', mode: 'auto' }]])('options that cannot work are refused at once: %j', (options) => {
  expect(() => cassette(options as Parameters<typeof cassette>[0])).toThrow(expect.objectContaining({ code: 'FW_MODEL_CONFIG' }));
});
