import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { createFramework } from '@fw/framework';
import type { Framework, Json, RunResult } from '@fw/framework';
import { configOf, makeProject } from './scripted-team.ts';

vi.setConfig({ testTimeout: 120_000 });

type Call = { readonly name: string; readonly arguments: Json };

const says = (turn: number, toolCalls: readonly Call[], more: { readonly [key: string]: Json } = {}): Json => ({ when: { tools: ['finish'], turn, ...more }, then: { toolCalls: toolCalls as unknown as Json } });
const call = (name: string, input: Json = {}): Call => ({ name, arguments: input });
const done = call('finish', { summary: 'It is done.', criteria: [{ id: 'c1', status: 'met', evidence: [] }] });
const ends: Json = { when: { tools: ['finish'] }, then: { toolCalls: [done] as unknown as Json } };

const one = "import assert from 'node:assert/strict';\nimport test from 'node:test';\n";
const doubleTest = `${one}import * as math from '../src/math.js';\ntest('doubles', () => {\n  assert.equal(math.double?.(2), 4);\n});\n`;
const code = 'export const one = 1;\nexport const double = (n) => n * 2;\n';
const writeTest = call('write_file', { path: 'test/double.test.js', content: doubleTest });
const writeCode = call('write_file', { path: 'src/math.js', content: code, replace: true });
const runAll = call('run_tests');

interface Worked {
  readonly result: RunResult;
  readonly change: { readonly addedTests: readonly Json[]; readonly touchedTests: readonly { readonly file: string; readonly what: string }[] } | undefined;
  /** What the tools answered, in order, with how it went. */
  readonly answered: readonly string[];
  readonly directory: string;
}

async function work(replies: readonly Json[], model = 'scripted/claude'): Promise<Worked> {
  const { directory, home } = await makeProject();
  const framework: Framework = createFramework({ config: { ...configOf(replies), models: { default: { use: model } } }, home, sandbox: 'preferred' });
  const answered: string[] = [];
  const run = await framework.start('Add double(n).', { workspace: directory, id: 'r1' });
  for await (const event of run.events()) if (event.type === 'tool.called' && event.agent === 'developer') answered.push(`${event.tool} ${event.ok ? 'ok' : String(event.code)}`);
  const result = await run.result();
  await framework.close();
  const change = result.artifacts.find((artifact) => artifact.kind === 'change')?.content as unknown as Worked['change'];
  return { result, change, answered, directory };
}

test('a test that was seen red stays as it was, the code is made to fit it, and the report says so', async () => {
  const weaken = call('edit_file', { path: 'test/double.test.js', edits: [{ old: ', 4', new: ', undefined' }] });
  const { result, change, answered } = await work([says(0, [writeTest]), says(1, [runAll]), says(2, [weaken]), says(3, [writeCode]), says(4, [runAll]), ends]);
  expect(result).toMatchObject({ status: 'success', verdict: { verdict: 'accepted' } });
  // The refused edit never became a call.
  expect(answered).toEqual(['write_file ok', 'run_tests failed', 'write_file ok', 'run_tests ok']);
  expect(change).toMatchObject({ addedTests: [{ id: 'test/double.test.js > doubles', red: 'assertion', passed: true }], touchedTests: [] });
  expect(await readFile(result.patch!, 'utf8')).toContain('+  assert.equal(math.double?.(2), 4);');
});

test('a model that only prints a patch has changed nothing, and the run is not done', async () => {
  const patch = '*** Begin Patch\n*** Update File: src/math.js\n@@\n-export const one = 1;\n+export const one = 2;\n*** End Patch';
  const { result, directory } = await work([{ when: { tools: ['finish'] }, then: { text: `Here it is:\n\`\`\`diff\n${patch}\n\`\`\`\nIt is done.` } }]);
  expect(result).toMatchObject({ status: 'failed', code: 'FW_LOOP_STUCK', patch: null });
  expect(JSON.parse(await readFile(result.report!, 'utf8'))).toMatchObject({ rejected: null });
  expect(await readFile(path.join(directory, 'src/math.js'), 'utf8')).toBe('export const one = 1;\n');
});

test('after two patches that do not fit one file the model sees the file and gets the other format', async () => {
  const stale = call('apply_patch', { patch: '*** Begin Patch\n*** Update File: src/math.js\n@@\n-export const none = 0;\n+export const double = (n) => n * 2;\n*** End Patch' });
  const edit = call('edit_file', { path: 'src/math.js', edits: [{ old: 'export const one = 1;', new: 'export const one = 1;\nexport const double = (n) => n * 2;' }] });
  const { result, answered } = await work([
    says(0, [writeTest]), says(1, [runAll]),
    { when: { tools: ['finish', 'apply_patch'], turn: 2 }, then: { toolCalls: [stale] as unknown as Json } },
    { when: { tools: ['finish', 'apply_patch'], turn: 3 }, then: { toolCalls: [stale] as unknown as Json } },
    { when: { tools: ['finish', 'edit_file'], turn: 4 }, then: { toolCalls: [edit] as unknown as Json } },
    says(5, [runAll]), ends,
  ], 'scripted/gpt-5');
  expect(answered).toEqual(['write_file ok', 'run_tests failed', 'apply_patch not_found', 'apply_patch not_found', 'edit_file ok', 'run_tests ok']);
  expect(result.status).toBe('success');
});

test('an existing test that a command has switched off is named in the report, and the gate does not let it pass', async () => {
  const skip = call('run', { command: "sed -i \"s/test('is one'/test.skip('is one'/\" test/one.test.js" });
  const { result, change } = await work([says(0, [writeTest]), says(1, [runAll]), says(2, [writeCode]), says(3, [skip]), says(4, [runAll]), ends]);
  expect(result).toMatchObject({ status: 'failed', patch: null });
  expect(change?.touchedTests).toEqual([{ file: 'test/one.test.js', what: 'test/one.test.js > is one is skipped now.' }]);
});

test('a task that an existing test contradicts ends blocked, with the conflict named and nothing changed', async () => {
  const blocked = call('finish', { summary: 'It cannot be done.', criteria: [{ id: 'c1', status: 'blocked', evidence: [] }], blocked: { reason: 'The test wants 1.', conflict: 'test/one.test.js > is one' } });
  const { result } = await work([says(0, [runAll]), { when: { tools: ['finish'] }, then: { toolCalls: [blocked] as unknown as Json } }]);
  expect(result).toMatchObject({ status: 'failed', code: 'FW_DEVELOPER_BLOCKED', message: expect.stringContaining('Conflict: test/one.test.js > is one'), patch: null });
});
