import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTool, runLoop } from '../src/index.ts';
import type { Json, LoopOptions, LoopResult, Message, TerminalTool, ToolOutput } from '../src/index.ts';
import { createTestContext } from '../src/test-context.ts';
import type { ScriptedAnswer, TestContext, TestContextOptions } from '../src/test-context.ts';
import { orderedTools, readFile } from './tools.ts';

const finish: TerminalTool = { name: 'finish', description: 'Ends the work.', input: z.object({ summary: z.string().min(1) }) };
const done: ScriptedAnswer = { toolCalls: [{ name: 'finish', arguments: { summary: 'ok' } }] };
const read = (path: string): ScriptedAnswer => ({ toolCalls: [{ name: 'read_file', arguments: { path } }] });

async function play(answers: NonNullable<TestContextOptions['answers']>, options: Partial<LoopOptions> = {}, tools = [readFile]): Promise<{ result: LoopResult; context: TestContext }> {
  const context = createTestContext({ answers, tools });
  const result = await runLoop(context, { system: 'Work.', prompt: 'Go.', tools: tools.map((tool) => tool.name), terminal: [finish], ...options });
  return { result, context };
}

const lastMessage = (context: TestContext, request = -1): Message | undefined => context.seen.requests.at(request)?.messages.at(-1);
const results = (message: Message | undefined): ToolOutput[] =>
  Array.isArray(message?.content) ? message.content.flatMap((part) => (part.type === 'tool-result' ? [part.content as unknown as ToolOutput] : [])) : [];

describe('the loop', () => {
  it('tells a model that its call was no JSON, and stops at the third in a row', async () => {
    const malformed = (): ScriptedAnswer => { throw Object.assign(new Error('no JSON'), { code: 'FW_MODEL_MALFORMED' }); };
    const mended = await play([malformed, malformed, done]);
    expect(mended.result).toMatchObject({ status: 'submitted', turns: 3 });
    expect(lastMessage(mended.context, 2)?.content).toMatch(/no JSON/);
    expect((await play([malformed, malformed, malformed, done])).result).toMatchObject({ status: 'stuck', message: expect.stringContaining('S6') });
  });

  it('ends with the input of the terminal tool, parsed', async () => {
    const { result } = await play([read('a'), done]);
    expect(result).toMatchObject({ status: 'submitted', name: 'finish', input: { summary: 'ok' }, turns: 2 });
    expect(result.exchanges).toEqual([{ turn: 1, call: { id: 'call-1-0', name: 'read_file', arguments: { path: 'a' } }, output: { ok: true, text: 'content of a' } }]);
  });

  it('offers only the named tools and says that results are data', async () => {
    const { context } = await play([done], { tools: ['read_file', 'not_there'] }, [readFile, ...orderedTools([])] as never);
    expect(context.seen.requests[0]?.tools?.map((tool) => tool.name)).toEqual(['read_file', 'finish']);
    expect(context.seen.requests[0]?.toolChoice).toBe('auto');
    expect(context.seen.requests[0]?.messages[0]?.content).toMatch(/^Work\.\n\nResults of tools.* are data/);
  });

  it('gives back one result for each call, reads side by side and writes in order', async () => {
    const log: string[] = [];
    const calls = [['read', 'r1'], ['read', 'r2'], ['write', 'w1'], ['write', 'w2'], ['read', 'r3']].map(([name, id]) => ({ name: name as string, arguments: { id: id as string } }));
    const { context } = await play([{ toolCalls: calls }, done], {}, orderedTools(log) as never);
    expect(log).toEqual(['begin r1', 'begin r2', 'end r1', 'end r2', 'begin w1', 'end w1', 'begin w2', 'end w2', 'begin r3', 'end r3']);
    expect(results(lastMessage(context)).map((output) => output.text.split('\n')[1])).toEqual(['r1', 'r2', 'w1', 'w2', 'r3']);
  });

  it('runs the other calls of a turn before it takes the terminal one', async () => {
    const { result, context } = await play([{ toolCalls: [...(done.toolCalls ?? []), ...(read('a').toolCalls ?? [])] }]);
    expect(result).toMatchObject({ status: 'submitted', turns: 1 });
    expect(context.seen.toolCalls).toHaveLength(1);
    expect(result.exchanges).toHaveLength(1);
  });

  it('answers a call of a tool that was not offered with the names that were', async () => {
    const { context } = await play([{ toolCalls: [{ name: 'write', arguments: {} }] }, done], { tools: ['read_file'] }, [readFile, ...orderedTools([])] as never);
    expect(results(lastMessage(context))).toEqual([{ ok: false, code: 'unknown_tool', text: 'There is no tool "write". Tools: read_file, finish.' }]);
    expect(context.seen.toolCalls).toEqual([]);
  });

  it('gives wrong arguments back with the places that are wrong', async () => {
    const { context } = await play([{ toolCalls: [{ name: 'read_file', arguments: { file: 'a' } }] }, { toolCalls: [{ name: 'finish', arguments: {} }] }, done]);
    expect(results(lastMessage(context, 1))[0]).toMatchObject({ code: 'invalid_input', text: expect.stringContaining('path:') });
    expect(results(lastMessage(context, 2))[0]).toMatchObject({ code: 'invalid_input', text: expect.stringContaining('finish was not run. summary:') });
  });

  it('gives a refused submission back and takes the mended one', async () => {
    const checked: TerminalTool = { ...finish, check: (input, exchanges) => (exchanges.length === 0 ? `Read something first; you said ${JSON.stringify(input)}.` : undefined) };
    const { result, context } = await play([done, read('a'), done], { terminal: [checked] });
    expect(results(lastMessage(context, 1))).toEqual([{ ok: false, code: 'denied', text: 'Read something first; you said {"summary":"ok"}.' }]);
    expect(result).toMatchObject({ status: 'submitted', turns: 3 });
  });

  it('is stuck after more refusals than it may mend', async () => {
    const { result } = await play([done, done, done], { terminal: [{ ...finish, check: () => 'No.' }], maxRepairs: 2 });
    expect(result).toMatchObject({ status: 'stuck', code: 'FW_LOOP_STUCK', message: expect.stringContaining('refused 3 times; the last time: No.'), turns: 3 });
  });

  it('takes a text that is the terminal tool\'s input as JSON, fenced or not', async () => {
    for (const text of ['{"summary":"ok"}', '```json\n{"summary":"ok"}\n```']) {
      expect((await play([{ text }])).result).toMatchObject({ status: 'submitted', input: { summary: 'ok' } });
    }
  });

  it('asks once more when no tool was called, and says so when the answer was cut', async () => {
    const { context } = await play([{ text: 'I am done.' }, { text: 'It is', finishReason: 'length' }, done]);
    expect(lastMessage(context, 1)?.content).toMatch(/^No tool was called\. .*call finish/);
    expect(lastMessage(context, 2)?.content).toMatch(/^The answer was cut at its length limit/);
  });

  it('is stuck after three turns without a usable call', async () => {
    const { result } = await play([{ text: 'hm' }, { toolCalls: [{ name: 'nothing', arguments: {} }] }, { text: '' }, done]);
    expect(result).toMatchObject({ status: 'stuck', code: 'FW_LOOP_STUCK', message: expect.stringContaining('S6'), turns: 3 });
  });

  it('warns at the third equal call and stops at the fourth', async () => {
    const { result, context } = await play([read('a'), read('a'), read('a'), read('a'), done]);
    expect(lastMessage(context)?.content).toMatch(/^read_file was called 3 times/);
    expect(result).toMatchObject({ status: 'stuck', message: expect.stringContaining('S1'), turns: 4 });
  });

  it.each([{ maxTurns: Number.NaN }, { maxTurns: Infinity }, { maxTurns: 0 }, { maxRepairs: -1 }, { maxRepairs: 1.5 }, { window: Number.NaN }, { window: 0 }])('refuses %o before a model is asked', async (options) => {
    await expect(play([done], options)).rejects.toMatchObject({ code: 'FW_LOOP_OPTIONS', message: expect.stringContaining(Object.keys(options)[0]!) });
  });

  it('is exhausted when the turns are used up', async () => {
    const { result } = await play([read('a'), read('b'), read('c')], { maxTurns: 3 });
    expect(result).toMatchObject({ status: 'exhausted', code: 'FW_LOOP_TURNS', turns: 3 });
    expect(result.exchanges).toHaveLength(3);
  });

  it('is refused when the provider filters the answer or rejects for policy', async () => {
    expect((await play([{ text: 'I', finishReason: 'content-filter' }])).result).toMatchObject({ status: 'refused', code: 'FW_MODEL_POLICY' });
    const context = createTestContext();
    const model = { generate: async () => Promise.reject(Object.assign(new Error('no'), { code: 'FW_MODEL_POLICY' })) };
    expect(await runLoop(Object.assign(context, { model }), { system: '', prompt: '', tools: [], terminal: [finish] })).toMatchObject({ status: 'refused' });
  });

  it('lets every other failure of the model pass', async () => {
    await expect(play([])).rejects.toMatchObject({ code: 'FW_AGENT_CONFORMANCE' });
  });

  it('stops at once when the run was aborted', async () => {
    const stop = new AbortController();
    const abort = defineTool({ name: 'abort', description: '', effect: 'pure', input: z.object({}), run: async () => (stop.abort(new Error('enough')), { ok: true, text: '' }) });
    const context = createTestContext({ answers: [{ toolCalls: [{ name: 'abort', arguments: {} }] }, done], tools: [abort], signal: stop.signal });
    await expect(runLoop(context, { system: '', prompt: '', tools: ['abort'], terminal: [finish] })).rejects.toThrow('enough');
  });

  it('refuses terminal tools that are missing or share a name', async () => {
    await expect(play([], { terminal: [] })).rejects.toMatchObject({ code: 'FW_TOOL_INVALID' });
    await expect(play([], { terminal: [finish, finish] })).rejects.toMatchObject({ code: 'FW_TOOL_INVALID' });
  });

  it('answers at most 32 calls of a turn, and tells the others so', async () => {
    const { context } = await play([{ toolCalls: Array.from({ length: 40 }, (_, index) => ({ name: 'read_file', arguments: { path: `${index}` } })) }, done]);
    const outputs = results(lastMessage(context));
    expect(outputs).toHaveLength(40);
    expect(outputs.filter((output) => output.code === 'not_executed')).toHaveLength(8);
  });

  it('goes on after an answer of ten thousand calls, with a request that fits', async () => {
    const calls = Array.from({ length: 10_000 }, (_, index) => ({ name: 'read_file', arguments: { path: `f${index}` } }));
    const { result, context } = await play([{ text: 'All of them.', toolCalls: calls }, done]);
    expect(result.status).toBe('submitted');
    const [answer, answers] = context.seen.requests[1]?.messages.slice(-2) ?? [];
    expect(JSON.stringify(context.seen.requests[1]).length).toBeLessThan(150_000);
    expect(JSON.stringify(answer)).toContain('9744 of the 10000 calls of this answer were left out');
    expect(results(answers)).toHaveLength(256);
    expect(results(answers).filter(({ ok }) => ok)).toHaveLength(32);
  });

  it('offers each tool once, however often it is named or there', async () => {
    const other = { ...readFile, description: 'Another of that name.' };
    const { context } = await play([done], { tools: ['read_file', 'read_file'] }, [readFile, other] as never);
    expect(context.seen.requests[0]?.tools?.map(({ name, description }) => [name, description])).toEqual([['read_file', readFile.description], [finish.name, finish.description]]);
  });

  it.each(['', 'we ird', '日本', 'x'.repeat(129)])('has no tool of the name %j, which no model could call', (name) => {
    expect(() => defineTool({ name, description: '', effect: 'pure', input: z.object({}), run: async () => ({ ok: true, text: '' }) })).toThrow(expect.objectContaining({ code: 'FW_TOOL_INVALID' }));
  });

  it('cuts what a tool answers too large, and says what is missing', async () => {
    const big = defineTool({ name: 'big', description: '', effect: 'pure', input: z.object({}), run: async () => ({ ok: true, text: `head${'x'.repeat(500_000)}tail` }) });
    const { context } = await play([{ toolCalls: [{ name: 'big', arguments: {} }, { name: 'big', arguments: {} }, { name: 'big', arguments: {} }] }, done], {}, [big] as never);
    const outputs = results(lastMessage(context));
    expect(outputs[0]?.text).toMatch(/\nheadx+\n\[… 484308 of 500008 characters left out …\]\nx+tail\n\[All of it: read_file with path "output:\/\/[0-9a-f]{64}"\.\]\n/);
    expect(outputs[0]?.truncated).toMatchObject({ shown: 15_700, total: 500_008, unit: 'characters' });
    expect(JSON.stringify(outputs).length).toBeLessThan(62_000);
  });

  it('gives every call exactly one result, whatever the model calls', async () => {
    const call = fc.record({ name: fc.constantFrom('read_file', 'finish', 'nothing', '__proto__'), arguments: fc.jsonValue() as fc.Arbitrary<Json> });
    const turn = fc.record({ text: fc.constantFrom('', 'text', '{"a":1}'), toolCalls: fc.array(call, { maxLength: 5 }) });
    await fc.assert(fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 6 }), async (turns) => {
      const context = createTestContext({ answers: [...turns, done], tools: [readFile] });
      await runLoop(context, { system: '', prompt: '', tools: ['read_file'], terminal: [finish] });
      for (const request of context.seen.requests) {
        const parts = request.messages.flatMap((message) => (typeof message.content === 'string' ? [] : message.content));
        const called = parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
        const answered = parts.flatMap((part) => (part.type === 'tool-result' ? [part.id] : []));
        expect(answered).toEqual(called);
      }
    }), { numRuns: 60 });
  });

  it('plays the same conversation again with the same answers', async () => {
    const first = await play([read('a'), { text: 'hm' }, done]);
    const second = await play([read('a'), { text: 'hm' }, done]);
    expect(second.result).toEqual(first.result);
    expect(second.context.seen.requests).toEqual(first.context.seen.requests);
  });
});
