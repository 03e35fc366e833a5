import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSuite } from '@fw/framework/evaluation';
import type { SuiteTask, TaskCheck } from '@fw/framework/evaluation';
import { checkTask, judgePatch } from '../../src/evaluation/check-task.ts';
import { layOutTask } from '../../src/evaluation/lay-out-task.ts';

const execute = promisify(execFile);
let folder: string;
let task: SuiteTask;
let judged: string;
let check: TaskCheck;

const test = (name: string, body: string): string => `import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { sum } from '../src/sum.js';\n\ntest('${name}', () => { ${body} });\n`;
const repository = {
  'package.json': `${JSON.stringify({ name: 'sum', version: '1.0.0', type: 'module', scripts: { test: 'node --test' } }, null, 2)}\n`,
  'src/sum.js': 'export const sum = (...numbers) => numbers[0] + numbers[1];\n',
  'test/sum.test.js': test('adds two', 'assert.equal(sum(1, 2), 3);'),
};
const hidden = { 'test/many.hidden.test.js': test('adds many', 'assert.equal(sum(1, 2, 3), 6);') };
const right = { 'src/sum.js': 'export const sum = (...numbers) => numbers.reduce((total, number) => total + number, 0);\n' };

async function put(at: string, files: { readonly [file: string]: string | null }): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(at, file)), { recursive: true });
    if (content === null) await rm(path.join(at, file));
    else await writeFile(path.join(at, file), content);
  }
}

/** The patch of what would be changed. */
async function patchOf(files: { readonly [file: string]: string | null }): Promise<string> {
  const at = await mkdtemp(path.join(folder, 'patch-'));
  const git = async (...args: string[]): Promise<string> => (await execute('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: at })).stdout;
  await put(at, repository);
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-qm', 'base');
  await put(at, files);
  await git('add', '-A');
  return git('diff', '--cached', '--no-renames');
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'fw-judge-patch-')));
  await chmod(folder, 0o711);
  const suite = path.join(folder, 'suite');
  await put(path.join(suite, 'tasks/sum/repository'), repository);
  await put(path.join(suite, 'tasks/sum/hidden'), hidden);
  await put(suite, { 'suite.json': '{"name":"s","version":"1"}', 'tasks/sum/task.json': '{"goal":"sum adds any number of numbers."}', 'tasks/sum/gold.patch': await patchOf(right) });
  task = (await readSuite(suite)).tasks[0]!;
  judged = (await layOutTask(task, path.join(folder, 'laid-out'))).judged;
  check = await checkTask({ task, judged, storage: path.join(folder, 'storage/check'), sandbox: 'preferred' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const judge = (patch: string): ReturnType<typeof judgePatch> => judgePatch({ task, judged, patch, storage: path.join(folder, 'storage/judge'), sandbox: 'preferred' }, check);

describe('a checked task', () => {
  it('measures what it says', () => {
    expect(check).toMatchObject({ status: 'ok', reasons: [], hidden: 1, required: expect.arrayContaining(['test/many.hidden.test.js > adds many', 'test/sum.test.js > adds two']) as unknown });
  });

  it('is solved by a patch that passes hidden and own tests, whatever tests of its own it brings', async () => {
    expect(await judge(await patchOf({ ...right, 'test/mine.test.js': test('mine', 'assert.equal(sum(), 0); throw new Error("red");') }))).toEqual({ solved: true });
  });

  it.each<[string, { readonly [file: string]: string | null }, string]>([
    ['changes nothing of use', { 'src/sum.js': `${repository['src/sum.js']}// more\n` }, 'hidden-tests-failed'],
    ['brings hidden tests of its own', { 'test/many.hidden.test.js': test('adds many', '') }, 'hidden-tests-failed'],
    ['makes a folder of the hidden test', { 'test/many.hidden.test.js/x.js': '' }, 'patch-unfit'],
    ['changes the test script', { 'package.json': repository['package.json'].replace('node --test', 'true') }, 'hidden-tests-failed'],
    ['ends the process that tests it', { 'src/sum.js': 'process.exit(0);\n' }, 'hidden-tests-failed'],
    ['empties what asserts', { 'src/sum.js': 'import assert from "node:assert/strict";\nassert.equal = () => undefined;\nexport const sum = () => 0;\n' }, 'tests-distrusted'],
    ['breaks what worked, and deletes its test', { 'src/sum.js': 'export const sum = (...numbers) => (numbers.length < 3 ? 0 : numbers.reduce((total, number) => total + number));\n', 'test/sum.test.js': null }, 'own-tests-failed'],
    ['weakens a test', { 'src/sum.js': 'export const sum = (...numbers) => (numbers.length < 3 ? 0 : 6);\n', 'test/sum.test.js': test('adds two', '') }, 'own-tests-failed'],
  ])('is not solved by a patch that %s', async (_name, files, code) => {
    expect(await judge(await patchOf(files))).toMatchObject({ solved: false, code });
  });

  it.each([
    ['leaves the repository', '--- a/../../x\n+++ b/../../x\n@@ -0,0 +1 @@\n+x\n'],
    ['writes through a link', 'diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/tmp\n\\ No newline at end of file\ndiff --git a/l/x b/l/x\nnew file mode 100644\n--- /dev/null\n+++ b/l/x\n@@ -0,0 +1 @@\n+x\n'],
    ['is none', 'I would change sum.js.\n'],
  ])('is not solved by what %s', async (_name, patch) => {
    expect(await judge(patch)).toMatchObject({ solved: false, code: 'patch-unfit' });
  });
});

describe('a broken task', () => {
  const reasonsOf = async (changed: { readonly hidden?: { readonly [file: string]: string }; readonly gold?: { readonly [file: string]: string | null } | string }): Promise<readonly string[]> => {
    const suite = await mkdtemp(path.join(folder, 'broken-'));
    await cp(path.join(folder, 'suite'), suite, { recursive: true });
    await put(path.join(suite, 'tasks/sum/hidden'), changed.hidden ?? {});
    if (changed.gold !== undefined) await put(suite, { 'tasks/sum/gold.patch': typeof changed.gold === 'string' ? changed.gold : await patchOf(changed.gold) });
    const broken = (await readSuite(suite)).tasks[0]!;
    const { judged: own } = await layOutTask(broken, path.join(suite, 'laid-out'));
    return (await checkTask({ task: broken, judged: own, storage: path.join(suite, 'storage'), sandbox: 'preferred' })).reasons;
  };

  it.each<[string, Parameters<typeof reasonsOf>[0], RegExp]>([
    ['a gold patch that does not apply', { gold: 'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n' }, /^gold\.patch: It does not apply/],
    ['a gold patch that solves nothing', { gold: { 'src/sum.js': `${repository['src/sum.js']}// more\n` } }, /hidden tests do not pass with the gold patch: test\/many\.hidden\.test\.js > adds many/],
    ['hidden tests that pass without a change', { hidden: { 'test/many.hidden.test.js': test('adds many', 'assert.equal(sum(2, 2), 4);') } }, /do not fail without a change/],
    ['a gold patch that breaks the repository\'s tests', { gold: { 'src/sum.js': 'export const sum = (...numbers) => (numbers.length < 3 ? 0 : 6);\n' } }, /fail with the gold patch, which does not touch them: test\/sum\.test\.js > adds two/],
    ['hidden files that are no tests', { hidden: { 'test/many.hidden.test.js': '', 'many.txt': '' } }, /hidden/],
  ])('names %s', async (_name, changed, reason) => {
    expect((await reasonsOf(changed)).join('\n')).toMatch(reason);
  });
});

describe('layOutTask', () => {
  it('takes a revision of a git repository, without its history', async () => {
    const origin = path.join(folder, 'origin');
    await put(origin, repository);
    const git = async (...args: string[]): Promise<string> => (await execute('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: origin })).stdout.trim();
    await git('init', '-q');
    await git('add', '-A');
    await git('commit', '-qm', 'base');
    const revision = await git('rev-parse', 'HEAD');
    await put(origin, right);
    await git('commit', '-qam', 'solution');
    const suite = path.join(folder, 'from-git');
    await cp(path.join(folder, 'suite'), suite, { recursive: true });
    await rm(path.join(suite, 'tasks/sum/repository'), { recursive: true });
    await put(suite, { 'tasks/sum/task.json': JSON.stringify({ goal: 'g', repository: { git: '../../../origin', revision } }) });
    const given = (await readSuite(suite)).tasks[0]!;
    const laidOut = await layOutTask(given, path.join(suite, 'laid-out'));
    expect((await execute('ls', ['-A', laidOut.repository])).stdout.split('\n').filter(Boolean)).toEqual(['package.json', 'src', 'test']);
    expect(await checkTask({ task: given, judged: laidOut.judged, storage: path.join(suite, 'storage'), sandbox: 'preferred' })).toMatchObject({ status: 'ok' });
    await expect(layOutTask({ ...given, repository: { git: '../../../origin', revision: 'nowhere' } }, path.join(suite, 'other'))).rejects.toMatchObject({ code: 'FW_SUITE_INVALID', message: expect.stringContaining('revision "nowhere"') as string });
  });
});
