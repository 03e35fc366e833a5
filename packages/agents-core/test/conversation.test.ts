import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createKeptOutputs, defineTool, pinnedBlock, runLoop } from '../src/index.ts';
import type { Json, LoopOptions, Message, ModelRequest, Part, Tool } from '../src/index.ts';
import { createTestContext } from '../src/test-context.ts';
import type { ScriptedAnswer, TestContext, TestContextOptions } from '../src/test-context.ts';
import { tokensOf } from '../src/token-count.ts';

const end = { name: 'finish', description: '', input: z.object({}) };
const done: ScriptedAnswer = { toolCalls: [{ name: 'finish', arguments: {} }] };
const content = (path: string, lines: number): string => Array.from({ length: lines }, (_, index) => `${index + 1}\t${path} line ${index + 1} 中`).join('\n');
const files: { [path: string]: string } = {};
const readFile = defineTool({
  name: 'read_file', description: '', effect: 'pure', input: z.object({ path: z.string(), start: z.number().optional(), end: z.number().optional() }),
  run: async ({ path, start, end: last }) => ({ ok: true, text: content(path, files[path] === undefined ? 150 : 2_500) + (files[path] ?? ''), meta: { start: start ?? 1, end: last ?? 150 } }),
});
const edit: Tool = defineTool({ name: 'edit_file', description: '', effect: 'idempotent', input: z.object({ path: z.string(), text: z.string() }), run: async ({ path, text }) => ((files[path] = text), { ok: true, text: `Wrote ${path}.`, meta: { changed: [path] } }) });

const task = { specVersion: 1 as const, id: 't', goal: 'Make it faster – ohne Fehler.', acceptance: [{ id: 'c1', text: 'It is fast.' }], constraints: ['Touch nothing else.'] };
const requests = [{ id: 'r1', what: 'Mend the edge case.', where: { file: 'a.ts', line: 3 }, evidence: ['run-1'] }];
const summary = { done: [{ what: 'Read much.', files: ['src/0.ts', 'invented.ts'], evidence: ['run-9'] }, { what: 'Proved it.', files: [], evidence: ['made-up'] }], criteria: [{ id: 'c1', status: 'met', evidence: ['made-up'] }, { id: 'c9', status: 'met', evidence: [] }], decisions: ['Keep it small.'], open: [], next: ['Go on.'] };

type Script = NonNullable<TestContextOptions['answers']>;

async function play(answers: Script, options: Partial<LoopOptions> = {}, more: Partial<TestContextOptions> = {}): Promise<TestContext & { readonly end: string }> {
  for (const path of Object.keys(files)) delete files[path];
  const context = createTestContext({ answers, tools: [readFile, edit], task, requests, ...more });
  const result = await runLoop(context, { system: 'Work.', prompt: 'Begin.', tools: ['read_file', 'edit_file'], changing: ['edit_file'], terminal: [end], maxTurns: 500, ...options });
  return Object.assign(context, { end: result.status });
}

/** A script for any number of requests: those that ask for a summary get one. */
function scriptOf(turns: readonly ScriptedAnswer[], summaries: readonly string[] = []): Script {
  let [turn, asked] = [0, 0];
  const next = (request: ModelRequest): ScriptedAnswer => (request.output !== undefined ? { text: summaries[asked++] ?? JSON.stringify(summary) } : (turns[turn++] ?? done));
  return Array.from({ length: turns.length * 3 + 10 }, () => next);
}
const read = (path: string, more: Json = {}): ScriptedAnswer => ({ toolCalls: [{ name: 'read_file', arguments: { path, ...(more as object) } }] });
const write = (path: string, text: string): ScriptedAnswer => ({ toolCalls: [{ name: 'edit_file', arguments: { path, text } }] });
const parts = (messages: readonly Message[] = []): readonly Part[] => messages.flatMap((message) => (typeof message.content === 'string' ? [] : message.content));
const resultTexts = (messages?: readonly Message[]): string[] => parts(messages).flatMap((part) => (part.type === 'tool-result' ? [(part.content as { readonly text: string }).text] : []));
const sizes = (context: TestContext): number[] => context.seen.requests.map(({ messages, tools = [] }) => tokensOf(messages) + tokensOf(tools));

/** Each call has its result in the next message, and nothing else has one. */
function expectWhole(messages: readonly Message[]): void {
  for (const [index, message] of messages.entries()) {
    const calls = parts([message]).flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
    const results = parts(messages.slice(index + 1, index + 2)).flatMap((part) => (part.type === 'tool-result' ? [part.id] : []));
    expect(message.role === 'assistant' ? results : []).toEqual(calls);
  }
}

describe('a conversation of 400 turns', () => {
  const turns = Array.from({ length: 399 }, (_, index) => (index % 5 === 4 ? write(`src/${index}.ts`, `text ${index}`) : { text: `Step ${index}.`, ...read(`src/${index}.ts`) }));

  it.each([32_000, 64_000, 128_000])('keeps the pinned block byte for byte in every request within %i tokens', async (window) => {
    const context = await play(scriptOf(turns), { window });
    expect(context.end).toBe('submitted');
    const pinned = pinnedBlock({ task, artifacts: [], requests });
    expect(pinned).toContain('Make it faster – ohne Fehler.');
    expect(pinned).toContain('r1: Mend the edge case. (a.ts:3) [evidence: run-1]');
    for (const { messages } of context.seen.requests) {
      expect(messages[1]).toEqual({ role: 'user', content: `${pinned}\n\nBegin.` });
      expectWhole(messages);
    }
    expect(Math.max(...sizes(context))).toBeLessThan(window);
    expect(context.seen.requests.filter(({ output }) => output !== undefined).length).toBeGreaterThan(0);
    expect(context.seen.requests.filter(({ output }) => output === undefined)).toHaveLength(400);
  });

  it('is the same when it is played again', async () => {
    const [first, second] = [await play(scriptOf(turns.slice(0, 120)), { window: 32_000 }), await play(scriptOf(turns.slice(0, 120)), { window: 32_000 })];
    expect(second.seen.requests).toEqual(first.seen.requests);
  });
});

describe('old results', () => {
  it('are masked in batches, so that most requests begin as the one before', async () => {
    const context = await play(scriptOf(Array.from({ length: 120 }, (_, index) => read(`src/${index}.ts`))), { window: 128_000 });
    const heads = context.seen.requests.map(({ messages }) => JSON.stringify(messages));
    const kept = heads.filter((head, index) => index > 0 && head.startsWith(heads[index - 1]!.slice(0, -1))).length;
    expect(kept / (heads.length - 1)).toBeGreaterThan(0.9);
    expect(resultTexts(context.seen.requests.at(-1)?.messages).some((text) => text.startsWith('[Left out'))).toBe(true);
  });

  it('stay readable by reference, whole and by lines', async () => {
    const outputs = createKeptOutputs();
    const context = await play(scriptOf(Array.from({ length: 60 }, (_, index) => read(`src/${index}.ts`))), { window: 64_000 }, { outputs });
    const masked = resultTexts(context.seen.requests.at(-1)?.messages).filter((text) => text.startsWith('[Left out'));
    expect(masked.length).toBeGreaterThan(3);
    for (const text of masked) {
      const [, path, reference] = /read_file \{"path":"([^"]+)"\}.* path "(output:\/\/[0-9a-f]{64})"/.exec(text) ?? [];
      expect(outputs.read(reference ?? '')).toBe(content(path ?? '', 150));
    }
  });

  it('are read by the loop itself where the host has no store', async () => {
    const turns = [...Array.from({ length: 60 }, (_, index) => read(`src/${index}.ts`))];
    const again = (request: ModelRequest): ScriptedAnswer => {
      const reference = /output:\/\/[0-9a-f]{64}/.exec(JSON.stringify(request.messages))?.[0] ?? '';
      return read(reference, { start: 2, end: 3 });
    };
    const context = await play([...turns.map((turn) => () => turn), again, done], { window: 64_000 });
    expect(resultTexts(context.seen.requests.at(-1)?.messages).at(-1)).toMatch(/\n2\tsrc\/\d+\.ts line 2 中\n3\tsrc\/\d+\.ts line 3 中\n\[Lines 2 to 3 of 150\. Call read_file/);
    expect(context.seen.toolCalls.some(({ arguments: input }) => JSON.stringify(input).includes('output://'))).toBe(false);
  });

  it('keep shown + left out = total, and give every byte back, whatever was answered', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: 'binary', minLength: 300, maxLength: 900 }), { minLength: 3, maxLength: 4 }), async (texts) => {
      const outputs = createKeptOutputs();
      const any = defineTool({ name: 'read_file', description: '', effect: 'pure', input: z.object({ path: z.string() }), run: async ({ path }) => ({ ok: true, text: texts[Number(path)]!.repeat(15) }) });
      const context = createTestContext({ tools: [any], outputs, answers: scriptOf(texts.map((_, index) => read(`${index}`))) });
      await runLoop(context, { system: '', prompt: '', tools: ['read_file'], terminal: [end], window: 4_000 });
      for (const part of context.seen.requests.flatMap(({ messages }) => parts(messages))) {
        if (part.type !== 'tool-result') continue;
        const { text, truncated } = part.content as unknown as { readonly text: string; readonly truncated?: { readonly shown: number; readonly total: number; readonly ref: string } };
        expect(text.isWellFormed()).toBe(true);
        if (!text.startsWith('[Left out')) continue;
        expect(outputs.read(truncated?.ref ?? '')).toHaveLength(truncated?.total ?? -1);
        expect(texts.map((one) => one.repeat(15).toWellFormed())).toContain(outputs.read(truncated?.ref ?? ''));
        expect(truncated?.shown).toBe(0);
      }
    }), { numRuns: 6 });
  });

  it('that say the same again are only named; when the file changed, the older one goes first', async () => {
    const same = await play(scriptOf([read('a.ts'), read('b.ts'), read('a.ts')]));
    const texts = resultTexts(same.seen.requests.at(-1)?.messages);
    expect(texts[2]).toBe('The answer is the same as in turn 1, where it is shown in full. Nothing changed.');
    expect(texts.join('').split('a.ts line 7 ')).toHaveLength(2);

    const changed = await play(scriptOf([1, 2, 3, 4, 5, 6].flatMap((version) => [write('a.ts', `version ${version}`), read('a.ts')])), { window: 128_000 });
    const results = resultTexts(changed.seen.requests.at(-1)?.messages);
    const reads = results.filter((text) => !text.includes('Wrote a.ts.'));
    expect(reads.map((text) => text.startsWith('[Left out'))).toEqual([true, true, true, false, false, false]);
    expect(results.at(-1)).toContain('a.ts line 7 ');
  });
});

describe('the summary of a conversation', () => {
  const turns = Array.from({ length: 40 }, (_, index) => ({ text: `Long thoughts ${index}: ${'because '.repeat(400)}${index}.`, ...read(`src/${index}.ts`) }));
  const summaryOf = (context: TestContext): string => String(context.seen.requests.findLast(({ output }) => output === undefined)?.messages[2]?.content);

  it('holds what the journal bears out and nothing else', async () => {
    const text = summaryOf(await play(scriptOf(turns), { window: 32_000 }));
    expect(text).toMatch(/^# The work so far\n<untrusted-/);
    expect(text).toContain('"src/0.ts"');
    for (const invented of ['invented.ts', 'run-9', 'made-up', '"c9"', 'Proved it.']) expect(text).not.toContain(invented);
    expect(text).toMatch(/"id": "c1",\s+"status": "open"/);
    expect(text).toMatch(/Turn \d+, read_file \{"path":"src\/\d+\.ts"\}: output:\/\/[0-9a-f]{64}/);
  });

  it('is asked for once more when it does not fit, and done without when it still does not', async () => {
    const context = await play(scriptOf(turns, Array.from({ length: 40 }, () => 'No.')), { window: 32_000 });
    expect(context.end).toBe('submitted');
    expect(summaryOf(context)).toMatch(/Turns 1 to \d+ are left out/);
    expect(summaryOf(context)).not.toContain('What you noted');
  });

  it('is done without where the model says by an error that its answer is no JSON', async () => {
    const script = scriptOf(turns);
    const [next] = script as readonly ((request: ModelRequest) => ScriptedAnswer)[];
    const malformed = Object.assign(new Error('It answered something else.'), { code: 'FW_MODEL_MALFORMED' });
    const context = await play(script.map(() => (request: ModelRequest) => {
      if (request.output !== undefined) throw malformed;
      return next!(request);
    }), { window: 32_000 });
    expect(context.end).toBe('submitted');
    expect(context.seen.requests.filter(({ output }) => output !== undefined).length % 2).toBe(0);
  });

  it('stops the loop when three of them gain under a tenth', async () => {
    const fat = JSON.stringify({ decisions: Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(1_900)}`) });
    const context = createTestContext({ answers: scriptOf(Array.from({ length: 40 }, (_, index) => ({ text: `${index} ${'thought '.repeat(100)}`, ...read(`${index}`) })), Array.from({ length: 40 }, () => fat)), tools: [readFile] });
    const result = await runLoop(context, { system: '', prompt: '', tools: ['read_file'], terminal: [end], window: 16_000 });
    expect(result).toMatchObject({ status: 'stuck', message: expect.stringContaining('S10') });
  });
});

describe('a first message that would fill the window', () => {
  it('is cut in its middle, never in the pinned block, and says where all of it is', async () => {
    const outputs = createKeptOutputs();
    const prompt = `Begin. ${'word '.repeat(60_000)}End.`;
    const context = await play(scriptOf([read('a')]), { window: 32_000, prompt }, { outputs });
    const first = String(context.seen.requests[0]?.messages[1]?.content);
    expect(first.startsWith(`${pinnedBlock({ task, artifacts: [], requests })}\n\nBegin.`)).toBe(true);
    expect(first.endsWith('End.')).toBe(true);
    expect(outputs.read(/output:\/\/[0-9a-f]{64}/.exec(first)?.[0] ?? '')).toContain(prompt);
    expect(Math.max(...sizes(context))).toBeLessThan(32_000);
  });
});
