import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { approvalSignal, askStructured, callHash, defineSubAgent, defineTool, runHandOvers, runLoop } from '../src/index.ts';
import type { AgentContext, Json, LoopOptions, StandardSchema, Tool, ToolOutput } from '../src/index.ts';
import { createTestContext } from '../src/test-context.ts';
import type { ScriptedAnswer, TestContext, TestContextOptions } from '../src/test-context.ts';
import { readFile } from './tools.ts';

const end = { name: 'finish', description: '', input: z.object({}) };
const done: ScriptedAnswer = { toolCalls: [{ name: 'finish', arguments: {} }] };
const calls = (name: string, input: Json = {}): ScriptedAnswer => ({ toolCalls: [{ name, arguments: input }] });
const ran: string[] = [];
const deploy = defineTool({ name: 'deploy', description: '', effect: 'idempotent', input: z.strictObject({ to: z.string() }), run: async ({ to }) => (ran.push(to), { ok: true, text: `deployed to ${to}` }) });

async function play(answers: readonly ScriptedAnswer[], options: Partial<LoopOptions> = {}, context: Partial<TestContextOptions> = {}) {
  ran.length = 0;
  const made = createTestContext({ answers, tools: [readFile, deploy], ...context });
  const result = await runLoop(made, { system: '', prompt: 'Go.', tools: ['read_file', 'deploy', ...(context.tools ?? []).map(({ name }) => name)], terminal: [end], ...options });
  return { result, context: made, outputs: outputsOf(made) };
}
const outputsOf = (context: TestContext): ToolOutput[] => (context.seen.requests.at(-1)?.messages ?? []).flatMap(({ content }) => (
  typeof content === 'string' ? [] : content.flatMap((part) => (part.type === 'tool-result' ? [part.content as unknown as ToolOutput] : []))
));

describe('a call that needs approval', () => {
  const approval = { tools: ['deploy'] };
  const sha256 = callHash({ name: 'deploy', arguments: { to: 'production' } });
  const answers = [calls('deploy', { to: 'production' }), done];

  it('runs when exactly it was approved', async () => {
    await play(answers, { approval }, { signals: { [approvalSignal]: { approved: true, sha256 } } });
    expect(ran).toEqual(['production']);
  });

  it('is named by the hash of tool and canonical arguments', () => {
    expect(callHash({ name: 'a', arguments: { x: 1, y: [2] } })).toBe(callHash({ name: 'a', arguments: { y: [2], x: 1 } }));
    expect(callHash({ name: 'b', arguments: { x: 1, y: [2] } })).not.toBe(callHash({ name: 'a', arguments: { x: 1, y: [2] } }));
  });

  it.each<[string, Json | undefined, RegExp]>([
    ['another call was approved', { approved: true, sha256: callHash({ name: 'deploy', arguments: { to: 'staging' } }) }, /the approval is for another call/],
    ['no hash was named', { approved: true }, /the approval is for another call/],
    ['it was refused', { approved: false, sha256, reason: 'Not today.' }, /it was not approved\. Not today\./],
    ['nobody answered', undefined, /nobody approved it in time/],
    ['the answer is no object', 'yes', /the approval is for another call/],
  ])('does not run when %s', async (_, answer, why) => {
    const { outputs } = await play(answers, { approval }, { signals: answer === undefined ? {} : { [approvalSignal]: answer } });
    expect(ran).toEqual([]);
    expect(outputs[0]).toMatchObject({ ok: false, code: 'denied', text: expect.stringMatching(why) });
  });

  it('asks with what will run and its hash, and takes no answer for another', async () => {
    const asked: unknown[] = [];
    const context = createTestContext({ answers, tools: [deploy] });
    const waitFor = async (signal: string, options: unknown): Promise<never> => (asked.push([signal, options]), { approved: true, sha256 } as never);
    await runLoop(Object.assign(context, { waitFor }), { system: '', prompt: '', tools: ['deploy'], terminal: [end], approval: { tools: (call) => call.name === 'deploy', timeoutMs: 5 } });
    expect(asked).toEqual([['approve-tool', {
      timeoutMs: 5, question: { type: 'approve-tool', tool: 'deploy', arguments: { to: 'production' }, sha256 },
      schema: expect.objectContaining({ required: ['approved', 'sha256'], properties: expect.objectContaining({ sha256: { type: 'string', enum: [sha256] } }) }),
    }]]);
  });

  it('is not asked for by the name of a terminal tool, which never runs: that would approve nothing', async () => {
    await expect(play([done], { approval: { tools: [end.name] } })).rejects.toMatchObject({ code: 'FW_TOOL_INVALID', message: expect.stringContaining('never run') });
  });
});

describe('guardrails', () => {
  it('refuse the input before a model is asked', async () => {
    const { result, context } = await play([done], { guardrails: { input: (prompt) => (prompt.includes('Go.') ? { code: 'NO_GO', message: 'Not that.' } : undefined) } });
    expect(result).toMatchObject({ status: 'refused', code: 'NO_GO', message: 'Not that.', turns: 0 });
    expect(context.seen.requests).toEqual([]);
  });

  it('refuse an answer before anything of it is done', async () => {
    const { result } = await play([calls('deploy', { to: 'x' })], { guardrails: { output: ({ toolCalls }) => (toolCalls.length > 0 ? { code: 'NO_CALLS', message: 'No.' } : undefined) } });
    expect(result).toMatchObject({ status: 'refused', code: 'NO_CALLS' });
    expect(ran).toEqual([]);
  });

  it('refuse a call, with their code, and let the others run', async () => {
    const toolCall = async (call: { readonly arguments: Json }, context: AgentContext) => ((await context.step('look', () => JSON.stringify(call.arguments))).includes('production') ? { code: 'NO_PRODUCTION', message: 'Not there.' } : undefined);
    const { outputs } = await play([{ toolCalls: [{ name: 'deploy', arguments: { to: 'production' } }, { name: 'deploy', arguments: { to: 'staging' } }] }, done], { guardrails: { toolCall } });
    expect(outputs[0]).toMatchObject({ ok: false, code: 'denied', meta: { guardrail: 'NO_PRODUCTION' } });
    expect(ran).toEqual(['staging']);
  });

  it('that break fail the run, so nothing passes', async () => {
    await expect(play([calls('deploy', { to: 'x' }), done], { guardrails: { toolCall: () => { throw new Error('broken'); } } })).rejects.toThrow('broken');
    expect(ran).toEqual([]);
  });
});

describe('budgets and time-outs of a loop', () => {
  it('tells the model once when four fifths of the turns, tokens and money are used', async () => {
    const { context } = await play([...Array.from({ length: 9 }, (_, index) => calls('read_file', { path: `${index}` })), done], { maxTurns: 10 }, {
      usage: { inputTokens: 900, outputTokens: 100 }, task: { specVersion: 1, id: 't', goal: 'g', limits: { tokens: 5_500 } },
    });
    const said = context.seen.requests.at(-1)?.messages.flatMap(({ content }) => (typeof content === 'string' && content.startsWith('Budget') ? [content.split(',')[0]] : []));
    expect(said).toEqual(['Budget: 5000 of 5500 tokens are used', 'Budget: 8 of 10 turns are used']);
  });

  it('refuses a command that ran out of time three times', async () => {
    const slow = defineTool({ name: 'run', description: '', effect: 'pure', input: z.object({ command: z.string(), timeout_s: z.number() }), run: async ({ timeout_s: timeout }) => (ran.push(`${timeout}`), { ok: false, code: 'timeout', text: `Out of time after ${timeout}.` }) });
    const { outputs } = await play([1, 2, 3, 4].map((timeout) => calls('run', { command: 'npm test', timeout_s: timeout })).concat(done), {}, { tools: [slow] });
    expect(ran).toEqual(['1', '2', '3']);
    expect(outputs.at(-1)).toMatchObject({ code: 'denied', text: expect.stringContaining('S9') });
  });

  it('stops at the third equal error', async () => {
    const bad = defineTool({ name: 'bad', description: '', effect: 'pure', input: z.object({}), run: async () => { throw new Error('no such thing'); } });
    const { result } = await play([calls('bad'), calls('bad'), calls('bad'), done], {}, { tools: [bad] });
    expect(result).toMatchObject({ status: 'stuck', code: 'FW_LOOP_STUCK', turns: 3, message: expect.stringContaining('S2') });
  });

  it('cuts an answer that says one thing over and over, and says so', async () => {
    const { context } = await play([{ text: 'I will look at the file once more. '.repeat(40) }, done]);
    expect(JSON.stringify(context.seen.requests[1]?.messages).length).toBeLessThan(1_500);
    expect(context.seen.requests[1]?.messages.at(-1)?.content).toMatch(/over and over and was cut/);
  });
});

describe('ids of calls', () => {
  it('are made different when a model gives one twice or none', async () => {
    const context = createTestContext({ tools: [readFile] });
    const answer = (ids: readonly string[], name: string) => {
      const toolCalls = ids.map((id, index) => ({ id, name, arguments: name === 'finish' ? {} : { path: `${index}` } }));
      return { text: '', reasoning: '', toolCalls, finishReason: 'tool-calls', usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: true, costNanoUsd: 'unknown' }, model: 'm', receipt: { key: '', attempts: [] }, message: { role: 'assistant', content: toolCalls.map((call) => ({ type: 'tool-call', ...call })) } } as const;
    };
    const script = [answer(['a', 'a', ''], 'read_file'), answer(['a'], 'read_file'), answer(['z'], 'finish')];
    const requests: { readonly messages: readonly { readonly content: unknown }[] }[] = [];
    const model = { generate: async (request: never) => (requests.push(request), script[requests.length - 1]!) };
    await runLoop(Object.assign(context, { model: model as never }), { system: '', prompt: '', tools: ['read_file'], terminal: [end] });
    const parts = requests.at(-1)?.messages.flatMap(({ content }) => (Array.isArray(content) ? (content as { readonly type: string; readonly id: string }[]) : [])) ?? [];
    expect(parts.filter(({ type }) => type === 'tool-call').map(({ id }) => id)).toEqual(['a', 'a_2', 'call_2', 'a_3']);
    expect(parts.filter(({ type }) => type === 'tool-result').map(({ id }) => id)).toEqual(['a', 'a_2', 'call_2', 'a_3']);
  });
});

describe('schemas of any library', () => {
  const own: StandardSchema<unknown, { readonly path: string }> = { '~standard': { version: 1, vendor: 'own', validate: async (value) => {
    const path = (value as { path?: unknown } | null)?.path;
    return typeof path === 'string' ? { value: { path: path.trim() } } : { issues: [{ message: 'must be text', path: [{ key: 'path' }] }] };
  } } };

  it('check the input of a tool, also asynchronously', async () => {
    const tool = defineTool({ name: 'see', description: '', effect: 'pure', input: own, inputSchema: { type: 'object' }, run: async ({ path }) => ({ ok: true, text: path }) });
    const context = createTestContext({ tools: [tool as Tool] });
    expect(tool.inputSchema).toEqual({ type: 'object' });
    expect(await context.tools.call({ id: '', name: 'see', arguments: { path: ' a ' } })).toEqual({ ok: true, text: 'a' });
    expect(await context.tools.call({ id: '', name: 'see', arguments: { path: 1 } })).toMatchObject({ code: 'invalid_input', text: 'see was not run. path: must be text. Call it again with corrected input.' });
  });

  it('are refused where there is no JSON Schema for the model, or no Standard Schema at all', () => {
    const make = (input: StandardSchema) => () => defineTool({ name: 'see', description: '', effect: 'pure', input, run: async () => ({ ok: true, text: '' }) });
    expect(make(own)).toThrow(expect.objectContaining({ code: 'FW_TOOL_INVALID', message: expect.stringContaining('Pass one as inputSchema') }));
    expect(make({} as never)).toThrow(expect.objectContaining({ code: 'FW_TOOL_INVALID', message: expect.stringContaining('Standard Schema v1') }));
    expect(make(z.object({ at: z.date() }))).toThrow(expect.objectContaining({ code: 'FW_TOOL_INVALID', message: expect.stringContaining('zod') }));
  });

  it('that answer with a promise cannot end a loop', async () => {
    await expect(play([done], { terminal: [{ ...end, input: own, inputSchema: {} }] })).rejects.toMatchObject({ code: 'FW_TOOL_INVALID' });
  });
});

describe('structured output', () => {
  const schema = z.object({ size: z.number() });
  const askFor = (answers: readonly ScriptedAnswer[], maxRepairs = 2) => {
    const context = createTestContext({ answers });
    return askStructured(context, { name: 'answer', schema, system: 's', prompt: 'p', maxRepairs }).then((result) => ({ result, context }));
  };

  it('is mended within its bounds', async () => {
    const { result, context } = await askFor([{ text: 'big' }, { text: '{"size":"big"}' }, { text: '```json\n{"size":3}\n```' }]);
    expect(result).toEqual({ status: 'answered', value: { size: 3 }, repairs: 2 });
    expect(context.seen.requests[2]?.messages.at(-1)?.content).toMatch(/size: /);
    expect(context.seen.requests[0]?.output?.schema).toMatchObject({ type: 'object', required: ['size'] });
  });

  it('is mended where the model says by an error that its answer is no JSON', async () => {
    const malformed = (): ScriptedAnswer => { throw Object.assign(new Error('It answered something else.'), { code: 'FW_MODEL_MALFORMED' }); };
    const context = createTestContext({ answers: [malformed, { text: '{"size":3}' }, malformed, malformed] });
    const ask = { name: 'answer', schema, system: 's', prompt: 'p', maxRepairs: 1 };
    expect(await askStructured(context, ask)).toEqual({ status: 'answered', value: { size: 3 }, repairs: 1 });
    expect(await askStructured(context, ask)).toMatchObject({ status: 'unfit', code: 'FW_OUTPUT_INVALID' });
  });

  it('ends unfit when it is not mended, and refused when the provider filters it', async () => {
    expect((await askFor([{ text: 'a' }, { text: '{', finishReason: 'length' }], 1)).result).toMatchObject({ status: 'unfit', code: 'FW_OUTPUT_INVALID', message: expect.stringContaining('cut at its length limit') });
    expect((await askFor([{ text: '', finishReason: 'content-filter' }])).result).toMatchObject({ status: 'refused', code: 'FW_MODEL_POLICY' });
  });
});

describe('loops within and after loops', () => {
  const scout = defineSubAgent({
    name: 'scout', description: 'Looks around.', input: z.object({ question: z.string() }),
    loop: ({ question }) => ({ system: 'You look.', prompt: question, tools: ['read_file', 'scout'], terminal: [{ name: 'answer', description: '', input: z.object({ text: z.string() }) }] }),
  });

  it('sends out a sub-agent with a brief and gets what it found', async () => {
    const { outputs, context } = await play([calls('scout', { question: 'Where?' }), calls('read_file', { path: 'a' }), calls('answer', { text: 'In a.' }), done], {}, { tools: [readFile, scout] });
    expect(outputs[0]).toMatchObject({ ok: true, text: expect.stringContaining('In a.'), meta: { turns: 2, submitted: { text: 'In a.' } } });
    expect(context.seen.requests[1]?.messages[1]?.content).toBe('Where?');
    expect(context.seen.requests[1]?.tools?.map(({ name }) => name)).toEqual(['read_file', 'scout', 'answer']);
  });

  it('answers for a sub-agent that came to nothing, had wrong input, or sends out itself without end', async () => {
    const wrong = await play([calls('scout', {}), done], {}, { tools: [scout] });
    expect(wrong.outputs[0]).toMatchObject({ code: 'invalid_input' });
    const nothing = await play([calls('scout', { question: 'x' }), { text: '' }, { text: '' }, { text: '' }, done], {}, { tools: [scout] });
    expect(nothing.outputs[0]).toMatchObject({ ok: false, code: 'failed', meta: { code: 'FW_LOOP_STUCK' } });
    const deep = createTestContext({ tools: [scout], answers: [...Array.from({ length: 4 }, () => calls('scout', { question: 'x' })), ...Array.from({ length: 3 }, () => calls('answer', { text: 'y' })), done] });
    await runLoop(deep, { system: '', prompt: '', tools: ['scout'], terminal: [end] });
    expect(JSON.stringify(deep.seen.requests[4]?.messages.at(-1))).toContain('3 deep in itself already');
  });

  const role = (prompt: string, handsTo: readonly string[]) => ({ loop: { system: prompt, prompt, tools: [], terminal: [end] }, handsTo });
  const hand = (to: string): ScriptedAnswer => calls('hand_over', { to, brief: `to ${to}` });

  it('hands the work over with a brief', async () => {
    const context = createTestContext({ answers: [hand('b'), done] });
    const result = await runHandOvers(context, { roles: { a: role('A.', ['b']), b: role('B.', []) }, first: 'a' });
    expect(result).toMatchObject({ status: 'submitted', role: 'b', path: ['a', 'b'] });
    expect(context.seen.requests[1]?.messages[1]?.content).toMatch(/B\.\n\n# Handed over by a\nto b$/);
    expect(context.seen.requests[1]?.tools?.map(({ name }) => name)).toEqual(['finish']);
  });

  it('bounds how often it changes hands, and knows its roles', async () => {
    const roles = { a: role('A.', ['b']), b: role('B.', ['a']) };
    const context = createTestContext({ answers: [hand('b'), hand('a'), hand('b')] });
    expect(await runHandOvers(context, { roles, first: 'a', maxHandOvers: 2 })).toMatchObject({ status: 'exhausted', code: 'FW_LOOP_HANDOVERS', path: ['a', 'b', 'a'] });
    await expect(runHandOvers(context, { roles, first: 'c' })).rejects.toMatchObject({ code: 'FW_TOOL_INVALID' });
    await expect(runHandOvers(context, { roles: { a: role('A.', ['z']) }, first: 'a' })).rejects.toMatchObject({ code: 'FW_TOOL_INVALID' });
  });
});
