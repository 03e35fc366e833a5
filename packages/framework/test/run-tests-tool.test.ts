import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Evidence, Json, TaskWorkspace, ToolOutput } from '@fw/agents-core';
import { createWorkspaceBaseline } from '@fw/testing';
import { createWorkspaceSession } from '@fw/workflow/hosting';
import { createWorkspace } from '@fw/workspace';
import { memoryOutputs } from '@fw/workspace/tools';
import { afterEach, expect, it } from 'vitest';
import { relatedTests } from '../src/related-tests.ts';
import { runTestsTool } from '../src/run-tests-tool.ts';


const open: TaskWorkspace[] = [];
afterEach(async () => {
  for (const workspace of open.splice(0)) await workspace.close();
});

async function openProject(files: { readonly [file: string]: string }): Promise<TaskWorkspace> {
  const root = await mkdtemp(path.join(tmpdir(), 'fw-run-tests-'));
  const directory = path.join(root, 'project');
  for (const [file, text] of Object.entries({ 'package.json': JSON.stringify({ name: 'sample', version: '1.0.0', type: 'module', scripts: { test: 'node --test' } }), ...files })) {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), text);
  }
  const workspace = await createWorkspace({ directory, storage: path.join(root, 'storage'), sandbox: 'preferred' });
  open.push(workspace);
  return workspace;
}

const testOf = (body: string, imports = ''): string => `import assert from 'node:assert/strict';\nimport test from 'node:test';\n${imports}\n${body}\n`;

const project = {
  'src/low.js': 'export const low = () => 1;\n',
  'src/middle.js': "export { low } from './low.js';\n",
  'src/other.js': 'export const other = () => 2;\n',
  'data/prices.csv': '1,2\n',
  'test/middle.test.js': testOf("test('low', () => assert.equal(low(), 1));\ntest('was broken', () => assert.equal(low(), 2));", "import { low } from '../src/middle.js';"),
  'test/other.test.js': testOf("test('other', () => assert.equal(other(), 2));", "import { other } from '../src/other.js';"),
  'test/data.test.js': testOf("test('data', () => assert.ok('prices.csv'));"),
};

interface Runs {
  call(input: Json, signal?: AbortSignal): Promise<ToolOutput>;
  readonly outputs: ReturnType<typeof memoryOutputs>;
}

function toolOn(workspace: TaskWorkspace, evidence: readonly Evidence[] = []): Runs {
  const outputs = memoryOutputs();
  const tool = runTestsTool({ workspace: createWorkspaceSession(workspace), evidence }, outputs);
  return {
    outputs,
    async call(input, signal = new AbortController().signal) {
      if (tool.kind !== 'leaf') throw new Error('no leaf');
      return (await tool.run(input, { key: 'run-1', attempt: 1, signal, progress: () => undefined })) as unknown as ToolOutput;
    },
  };
}

it('says what fails first, and what is new, fixed and still failing against the base', async () => {
  const workspace = await openProject(project);
  const measured = await createWorkspaceBaseline({ workspace, coverage: false });
  const baseline = { ...measured, id: 'base', origin: 'runner' } as Evidence;
  const { call, outputs } = toolOn(workspace, [baseline]);
  await workspace.write('src/low.js', 'export const low = () => 2;\n');
  await workspace.write('src/other.js', 'export const other = () => { throw new Error("other broke"); };\n');
  await workspace.write('test/fresh.test.js', testOf("test('fresh', () => assert.equal(1, 3, 'ünlucky'));"));
  const result = await call({ scope: 'all' });
  expect(result).toMatchObject({ ok: false, code: 'failed', meta: { run: 'run-1', status: 'failed', failed: 3, newlyFailing: 3, stillFailing: 0, fixed: 1, flaky: 0 } });
  const lines = result.text.split('\n');
  expect(lines[0]).toMatch(/^failed: 2 passed, 3 failed, .*\(run run-1\)$/);
  expect(lines[2]).toBe('Against the base: 2 newly failing, 1 failing, not on the base, 0 still failing, 1 fixed.');
  expect(lines[3]).toBe('newly failing, failed (assertion): test/middle.test.js > low');
  expect(result.text).toContain('newly failing, failed (error): test/other.test.js > other');
  expect(result.text).toMatch(/other broke\nat src\/other\.js:1:\d+/);
  expect(result.text).toContain('failing, not on the base, failed (assertion): test/fresh.test.js > fresh');
  expect(result.text).toContain('fixed: test/middle.test.js > was broken');
  expect(result.text).not.toContain('node:internal');
  expect((result.meta?.['cases'] as string[]).slice(0, 3)).toContain('test/fresh.test.js > fresh');
  const ref = /path (output:\/\/[0-9a-f]{64})/.exec(result.text)?.[1] as string;
  expect(await outputs.read(ref)).toContain('node:internal');
  await workspace.restore(workspace.base);
  expect((await call({ scope: 'all' })).text).toContain('0 newly failing, 0 failing, not on the base, 1 still failing, 0 fixed');
});

it('finds the tests that import what was changed, over other files too, or name it', async () => {
  const workspace = await openProject(project);
  const { signal } = new AbortController();
  const related = async (file: string, text?: string): Promise<readonly string[] | undefined> => {
    await workspace.restore(workspace.base);
    await (text === undefined ? workspace.remove(file) : workspace.write(file, text));
    return relatedTests(workspace, signal);
  };
  expect(await related('src/low.js', 'export const low = () => 3;\n')).toEqual(['test/middle.test.js']);
  expect(await related('src/low.js')).toEqual(['test/middle.test.js']);
  expect(await related('data/prices.csv', '3\n')).toEqual(['test/data.test.js']);
  expect(await related('test/other.test.js', '// none\n')).toEqual(['test/other.test.js']);
  expect(await related('src/unused.js', 'export {};\n')).toEqual([]);
  await workspace.restore(workspace.base);
  expect(await relatedTests(workspace, signal)).toEqual([]);
  const { call } = toolOn(workspace);
  await workspace.write('src/other.js', 'export const other = () => 5;\n');
  expect(await call({ scope: 'related' })).toMatchObject({ ok: false, text: expect.stringContaining('Related tests in 1 file: test/other.test.js.'), meta: { cases: ['test/other.test.js > other'] } });
  await workspace.restore(workspace.base);
  await workspace.write('src/unused.js', 'export {};\n');
  expect((await call({ scope: 'related' })).text).toContain('All tests: none imports or names what was changed.');
});

it('runs files, names and repetitions, and tells tests that do not agree', async () => {
  const flips = testOf("import { existsSync, writeFileSync } from 'node:fs';\ntest('flips', () => { const was = existsSync('seen.txt'); writeFileSync('seen.txt', ''); assert.ok(was); });\ntest('stays', () => {});");
  const workspace = await openProject({ 'test/flip.test.js': flips, 'test/calm.test.js': testOf("test('calm', () => {});") });
  const { call } = toolOn(workspace);
  expect(await call({ scope: 'files', files: ['./test/calm.test.js'] })).toMatchObject({ ok: true, meta: { cases: ['test/calm.test.js > calm'] } });
  expect((await call({ name: 'stays' })).meta?.['cases']).toContain('test/flip.test.js > stays');
  const repeated = await call({ scope: 'files', files: ['test/flip.test.js'], repeat: 3 });
  expect(repeated).toMatchObject({ ok: false, meta: { flaky: 1 } });
  expect(repeated.text).toContain('flaky: test/flip.test.js > flips (failed, passed, passed)');
});

it('answers what cannot be run, and ends when it is aborted', async () => {
  const workspace = await openProject({ 'test/slow.test.js': testOf("test('slow', () => new Promise((resolve) => setTimeout(resolve, 60_000)));") });
  const { call } = toolOn(workspace);
  for (const wrong of [{ scope: 'files' }, { files: ['a'] }, { repeat: 6 }, { scope: 'some' }, { name: '\0' }, { scope: 'files', files: [7] }, { x: 1 }]) expect(await call(wrong)).toMatchObject({ ok: false, code: 'invalid_input' });
  for (const file of ['none.test.js', '../x', '/etc/passwd', '--import=evil.js']) expect(await call({ scope: 'files', files: [file] })).toMatchObject({ ok: false, code: 'invalid_input', text: expect.stringContaining('not in the workspace') });
  const controller = new AbortController();
  const running = call({}, controller.signal);
  setTimeout(() => controller.abort(), 300);
  await expect(running).rejects.toThrow('abort');
});

it('keeps thousands of failures within 16,000 characters, all of them behind a reference', async () => {
  const workspace = await openProject({ 'test/many.test.js': testOf("for (let index = 0; index < 300; index++) test(`case ${index}`, () => assert.equal('😀'.repeat(800), index));") });
  const { call, outputs } = toolOn(workspace);
  const result = await call({});
  expect(result.text.length).toBeLessThanOrEqual(16_000);
  expect(result.text.isWellFormed()).toBe(true);
  expect(result.truncated).toMatchObject({ total: 300, unit: 'entries' });
  expect((await outputs.read(result.truncated?.ref as string))?.match(/^failing, not on the base, failed/gm)).toHaveLength(300);
});

it('says of each new test how it failed, and which existing tests check less than they did', async () => {
  const workspace = await openProject(project);
  const { call } = toolOn(workspace, [{ ...(await createWorkspaceBaseline({ workspace, coverage: false })), id: 'base', origin: 'runner' } as Evidence]);
  const fresh = testOf("test('wrong', () => assert.equal(1, 3));\ntest('right', () => assert.equal(1, 1));\ntest('threw', () => { throw new Error('x'); });\ntest('not there', () => assert.equal(globalThis.Math.none(), 1));");
  await workspace.write('test/fresh.test.js', fresh);
  await workspace.write('test/missing.test.js', testOf("test('imports', () => assert.equal(none(), 1));", "import { none } from '../src/low.js';"));
  const part = await call({ scope: 'files', files: ['test/fresh.test.js', 'test/missing.test.js'] });
  expect(part.meta).toMatchObject({ whole: false, touched: [] });
  const added = part.meta?.['added'] as { readonly id: string; readonly status: string; readonly failure?: string }[];
  expect(added).toContainEqual({ id: 'test/fresh.test.js > wrong', file: 'test/fresh.test.js', status: 'failed', failure: 'assertion' });
  expect(added).toContainEqual({ id: 'test/fresh.test.js > right', file: 'test/fresh.test.js', status: 'passed' });
  expect(added).toContainEqual({ id: 'test/fresh.test.js > threw', file: 'test/fresh.test.js', status: 'failed', failure: 'error' });
  expect(added).toContainEqual({ id: 'test/fresh.test.js > not there', file: 'test/fresh.test.js', status: 'failed', failure: 'missing' });
  expect(added.filter((test) => test.id.includes('missing.test.js')).map(({ failure }) => failure)).toEqual(['missing']);
  expect((part.meta?.['hashes'] as { [file: string]: string })['test/fresh.test.js']).toBe(createHash('sha256').update(fresh).digest('hex'));
  expect(part.text).toContain('(missing): test/');

  await workspace.remove('test/missing.test.js');
  await workspace.remove('test/data.test.js');
  await workspace.write('test/other.test.js', testOf("test('other', { skip: true }, () => assert.equal(other(), 2));", "import { other } from '../src/other.js';"));
  await workspace.write('test/middle.test.js', testOf("test('low', () => {});", "import { low } from '../src/middle.js';"));
  const whole = await call({});
  expect(whole.meta).toMatchObject({ whole: true });
  expect((whole.meta?.['touched'] as { readonly file: string; readonly what: string }[]).map(({ what }) => what)).toEqual([
    'test/data.test.js > data is gone with its file.',
    'test/other.test.js > other is skipped now.',
    'test/middle.test.js: Test "low" checks 0 values; on the base it checked 1.',
  ]);
  expect(whole.text).toContain('Existing tests are the specification');
});

it('claims nothing about new tests where the base was not measured', async () => {
  const workspace = await openProject(project);
  expect((await toolOn(workspace).call({})).meta).not.toHaveProperty('added');
});
