import { describe, expect, test } from 'vitest';
import { createTestRunner, judge, measureTests, policy } from '../src/index.ts';
import type { Evidence } from '../src/index.ts';
import { matchesGlob } from '../src/glob.ts';
import { openProject, packageJson } from './fixture.ts';

const nodeTest = (body: string): string => `import test from 'node:test';\nimport assert from 'node:assert/strict';\n${body}\n`;

describe('flaky tests', () => {
  const files = { 'package.json': packageJson('node --test'), 'a.test.js': nodeTest("let ran = 0;\ntest('first', () => { ran++; });\ntest('alone', () => assert.equal(ran, 0));") };
  const evidenceOf = async (more = {}): Promise<readonly Evidence[]> =>
    (await measureTests({ workspace: await openProject({ ...files, ...more }) })).map((one, index): Evidence => ({ ...one, id: `e${index}`, origin: 'runner' }));

  test('are named, and fail unless the policy says otherwise', async () => {
    const evidence = await evidenceOf();
    expect(evidence[0]?.results).toMatchObject({ cases: [{ name: 'first' }, { name: 'alone', status: 'failed', flaky: true }], canary: { status: 'held' } });
    const rejected = judge(evidence, policy());
    expect(rejected.verdict).toBe('rejected');
    expect(rejected.gates.find((gate) => gate.gate === 'tests')?.message).toContain('flaky, passed when run again: a.test.js > alone');
    expect(judge(evidence, policy({ flaky: 'pass' }))).toMatchObject({ verdict: 'accepted' });
  });

  test('do not hide one that always fails', async () => {
    const evidence = await evidenceOf({ 'b.test.js': nodeTest("test('wrong', () => assert.fail());") });
    expect(judge(evidence, policy({ flaky: 'pass' })).verdict).toBe('rejected');
  });
});

describe('a monorepo', () => {
  const files = {
    'package.json': JSON.stringify({ name: 'root', type: 'module', workspaces: ['packages/*'], scripts: { test: 'npm run build && npm test --workspaces --if-present', build: 'echo built > built.txt' } }),
    'packages/a/package.json': packageJson('node --test'),
    'packages/a/a.test.js': nodeTest("import { existsSync } from 'node:fs';\ntest('a', () => assert.ok(existsSync('../../built.txt')));"),
    'packages/b/package.json': packageJson('node --test'),
    'packages/b/test/b.test.js': nodeTest("test('b', () => assert.fail());"),
    'packages/c/package.json': '{"name":"c"}',
    'other/package.json': packageJson('exit 1'),
  };

  test('runs the tests of all its packages, each in its folder', async () => {
    const report = await createTestRunner({ workspace: await openProject(files) }).run();
    expect(report).toMatchObject({ status: 'failed', runner: 'node:test' });
    expect(report.cases.map((one) => [one.id, one.status])).toEqual([['packages/a/a.test.js > a', 'passed'], ['packages/b/test/b.test.js > b', 'failed']]);
  });

  test('runs one package, one file, and is not passed when a package cannot be run', async () => {
    const workspace = await openProject(files);
    expect(await createTestRunner({ workspace, directory: 'packages/b' }).run()).toMatchObject({ status: 'failed', passed: 0, failed: 1 });
    expect((await createTestRunner({ workspace }).run({ files: ['packages/a/a.test.js'] })).cases.map((one) => one.name)).toEqual(['a']);
    const unreadable = await openProject({ ...files, 'packages/b/package.json': packageJson('uvu') });
    expect(await createTestRunner({ workspace: unreadable }).run()).toMatchObject({ status: 'inconclusive', passed: 1 });
    const empty = await openProject({ 'package.json': files['package.json'] });
    expect(await createTestRunner({ workspace: empty }).run()).toMatchObject({ status: 'no-tests' });
  });
});

test('globs match as they do elsewhere', () => {
  for (const [path, pattern] of [['packages/a', 'packages/*'], ['a/b/c.js', '**/*.js'], ['c.js', '**/*.js'], ['a/b', 'a/**'], ['x.test.ts', '*.{test,spec}.ts'], ['a.b', 'a.b']] as const) expect([path, pattern, matchesGlob(path, pattern)]).toEqual([path, pattern, true]);
  for (const [path, pattern] of [['packages/a/b', 'packages/*'], ['axb', 'a.b'], ['a/b.js', '*.js']] as const) expect([path, pattern, matchesGlob(path, pattern)]).toEqual([path, pattern, false]);
});
