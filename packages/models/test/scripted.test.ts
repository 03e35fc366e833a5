import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../src/index.ts';
import type { ModelEvent, ModelRequest } from '../src/index.ts';
import { loadScript, scripted, scriptJsonSchema } from '../src/scripted.ts';
import type { ScriptReply } from '../src/scripted.ts';
import { failureOf, hello, named } from './failing-models.ts';

const conversation: ModelRequest = {
  messages: [
    { role: 'system', content: 'You are the developer.\nBe careful.' },
    { role: 'user', content: 'Fix the bug in add.ts' },
    { role: 'assistant', content: [{ type: 'tool-call', id: 't', name: 'read_file', arguments: { path: 'add.ts' } }] },
    { role: 'tool', content: [{ type: 'tool-result', id: 't', name: 'read_file', content: { ok: true, text: 'return a - b;\n// "quoted"' } }] },
  ],
  tools: [{ name: 'read_file', description: 'Reads.', inputSchema: {} }, { name: 'edit_file', description: 'Edits.', inputSchema: {} }],
  output: { name: 'change', schema: {} },
};

async function saidTo(request: ModelRequest, replies: readonly ScriptReply[]): Promise<string> {
  return (await named('m', replies).generate({ messages: request.messages, tools: request.tools ?? [] })).text;
}

describe('a condition', () => {
  test.each([
    ['model', { model: 'm' }, { model: 'n' }],
    ['system', { system: 'You are the developer.' }, { system: 'You are the reviewer.' }],
    ['contains', { contains: ['add.ts', 'return a - b;', '"quoted"', 'read_file'] }, { contains: ['add.ts', 'nowhere'] }],
    ['lastContains', { lastContains: 'return a - b;' }, { lastContains: 'Fix the bug' }],
    ['tools', { tools: ['edit_file'] }, { tools: ['edit_file', 'run'] }],
    ['turn', { turn: 1 }, { turn: 0 }],
    ['attempt', { attempt: 1 }, { attempt: 2 }],
  ])('on %s picks the reply', async (_, holds, fails) => {
    expect(await saidTo(conversation, [{ when: fails, then: { text: 'wrong' } }, { when: holds, then: { text: 'right' } }, { then: { text: 'default' } }])).toBe('right');
  });

  test('on the structured output picks the reply, whose output is said as JSON', async () => {
    const model = named('m', [{ when: { output: 'plan' }, then: { text: 'wrong' } }, { when: { output: 'change' }, then: { output: { files: ['add.ts'] } } }]);
    expect((await model.generate(conversation)).output).toEqual({ files: ['add.ts'] });
  });

  test('that holds for no reply is an error which shows the request and the nearest reply', async () => {
    const failed = await failureOf(named('m', [{ when: { turn: 7, system: 'You are the judge.' }, then: {} }, { when: { turn: 2 }, then: {} }]).generate(conversation));
    expect(failed).toMatchObject({ code: 'FW_MODEL_SCRIPT', retryable: false, receipt: { attempts: [{ failure: { kind: 'invalid' } }] } });
    for (const words of ['scripted/m', 'turn 1', 'read_file, edit_file', 'output "change"', 'You are the developer.', 'return a - b;', 'Nearest is replies[1], but its turn is 2.']) expect(failed.message).toContain(words);
  });
});

describe('an answer', () => {
  const model = named('m', [{ then: { reasoning: 'Let me think.', text: 'I will look at 🚀 the file and then change it.', toolCalls: [{ name: 'a' }, { name: 'b', arguments: { n: 1 } }] } }]);

  test('is streamed in pieces and is free, with figures that are not estimates', async () => {
    const events: ModelEvent[] = [];
    for await (const event of model.stream(conversation)) events.push(event);
    expect(events.filter((event) => event.type === 'text').length).toBeGreaterThan(1);
    expect(events.map((event) => (event.type === 'text' ? event.delta : '')).join('')).toBe('I will look at 🚀 the file and then change it.');
    expect(events.find((event) => event.type === 'usage')).toMatchObject({ usage: { estimated: false, costNanoUsd: 0, reasoningTokens: 4 } });
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool-calls', raw: 'scripted' });
  });

  test('is the same for the same request, in another instance and with another key', async () => {
    const first = await model.generate(conversation, { key: 'one' });
    const second = await named('m', [{ then: { reasoning: 'Let me think.', text: first.text, toolCalls: [{ name: 'a' }, { name: 'b', arguments: { n: 1 } }] } }]).generate(conversation, { key: 'two' });
    expect({ ...second, receipt: first.receipt }).toEqual(first);
    expect(new Set(first.toolCalls.map((call) => call.id)).size).toBe(2);
  });

  test('has other ids for its tool calls in a later turn and in another conversation', async () => {
    const ids = async (request: ModelRequest): Promise<string[]> => (await model.generate(request)).toolCalls.map((call) => call.id);
    const later = { ...conversation, messages: [...conversation.messages, { role: 'assistant', content: 'hm' } as const] };
    const all = [...(await ids(conversation)), ...(await ids(later)), ...(await ids(hello))];
    expect(new Set(all).size).toBe(6);
  });

  test('may fail, at once or in the middle, and name its own finish', async () => {
    const error = { failure: 'overloaded', message: 'too much', retryAfterMs: 1_000 } as const;
    expect(await failureOf(named('m', [{ then: { error } }]).generate(hello))).toMatchObject({ code: 'FW_MODEL_OVERLOADED', retryAt: expect.any(Number) as number });
    expect(await failureOf(named('m', [{ then: { text: 'half', error } }]).generate(hello))).toMatchObject({ code: 'FW_MODEL_PARTIAL', failure: 'overloaded', partial: { text: 'half', usage: { costNanoUsd: 0 } } });
    expect(await named('m', [{ then: { text: 'cut', finish: 'length' } }]).generate(hello)).toMatchObject({ finishReason: 'length' });
  });

  test('may take its time, which an abort cuts short', async () => {
    expect((await named('m', [{ then: { text: 'later', delayMs: 5 } }]).generate(hello)).text).toBe('later');
    const controller = new AbortController();
    const call = failureOf(named('m', [{ then: { text: 'never', delayMs: 600_000 } }]).generate(hello, { signal: controller.signal }));
    controller.abort();
    expect(await call).toMatchObject({ code: 'FW_MODEL_CANCELLED', receipt: { attempts: [{ usage: { costNanoUsd: 0 } }] } });
  });
});

describe('a script', () => {
  test.each([
    ['an unknown condition', { version: 1, replies: [{ when: { trun: 1 }, then: {} }] }, ['replies[0].when', 'unknown key "trun"', 'Did you mean "turn"?']],
    ['another version', { version: 2, replies: [] }, ['version']],
    ['no replies', { version: 1 }, ['replies']],
    ['text and output', [{ then: { text: 'a', output: 1 } }], ['replies[0].then', 'not both']],
    ['an unknown failure', [{ then: { error: { failure: 'tired', message: 'x' } } }], ['replies[0].then.error.failure']],
    ['a tool call without a name', [{ then: { toolCalls: [{ name: 'a' }, { arguments: {} }] } }], ['replies[0].then.toolCalls[1].name']],
    ['something else', 'text', ['script']],
  ])('with %s is refused with the place', (_, script, words) => {
    let message = '';
    try {
      scripted({ script: script as never });
    } catch (error) {
      expect(error).toMatchObject({ code: 'FW_MODEL_SCRIPT' });
      ({ message } = error as Error);
    }
    for (const word of words) expect(message).toContain(word);
  });

  test('has a JSON Schema with every condition in it', () => {
    const schema = JSON.stringify(scriptJsonSchema());
    for (const name of ['lastContains', 'toolCalls', 'retryAfterMs', 'attempt']) expect(schema).toContain(`"${name}"`);
  });
});

describe('a script file', () => {
  let folder = '';
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'script-')); });
  afterAll(() => rm(folder, { recursive: true }));

  async function save(text: string): Promise<string> {
    const file = join(folder, 'script.json');
    await writeFile(file, text);
    return file;
  }

  test('is loaded and played', async () => {
    const script = await loadScript(await save('\uFEFF{"$schema":"./script.schema.json","version":1,"replies":[{"then":{"text":"from a file"}}]}'));
    expect((await createModel(scripted({ script }), 'm').generate(hello)).text).toBe('from a file');
  });

  test.each([
    ['no JSON', '{\n  "version": 1,\n  oops', ['script.json', 'line 3']],
    ['no script', '{"version":1,"replies":[{}]}', ['script.json', 'replies[0].then']],
  ])('that is %s is refused with its name and the place', async (_, text, words) => {
    const failed = await failureOf(loadScript(await save(text)));
    expect(failed.code).toBe('FW_MODEL_SCRIPT');
    for (const word of words) expect(failed.message).toContain(word);
  });

  test('that is not there is refused with its name', async () => {
    expect(await failureOf(loadScript(join(folder, 'missing.json')))).toMatchObject({ code: 'FW_MODEL_SCRIPT', message: expect.stringContaining('missing.json') as string });
  });
});
