import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureTests, policy, runGate } from '../src/index.ts';
import { readTests } from '../src/read-tests.ts';
import { findWeakenedTests } from '../src/find-weakened-tests.ts';
import { openProject, packageJson } from './fixture.ts';
import { weakeningCases } from './weakening-corpus.ts';

const head = "import test, { describe, it } from 'node:test';\nimport assert, { equal } from 'node:assert/strict';\nimport { sum } from '../sum.js';\n";
const body = "describe('sum', () => {\n  it('adds', () => {\n    assert.equal(sum(1, 2), 3);\n    equal(sum(2, 2), 4);\n  });\n});\ntest('zero', () => assert.deepEqual({ a: sum(0, 0) }, { a: 0 }));\n";
const project = { 'package.json': packageJson('node --test'), 'sum.js': 'export const sum = (a, b) => a + b;\n', 'test/sum.test.js': head + body };

/** Rules with their lines for a changed test file. */
async function weakened(after: string, more: { readonly [file: string]: string } = {}): Promise<readonly string[]> {
  const workspace = await openProject(project);
  for (const [file, content] of Object.entries({ 'test/sum.test.js': head + after, ...more })) await workspace.write(file, content);
  const changes = (await measureTests({ workspace, command: ['true'], format: 'tap' })).find((one) => one.kind === 'test-changes');
  const { findings } = changes?.results as { readonly findings: readonly { readonly rule: string; readonly line: number }[] };
  return findings.map(({ rule, line }) => `${rule}:${line}`);
}

describe('a change of tests', () => {
  test('is found when it deletes a test, switches one off or leaves others out', async () => {
    expect(await weakened(body.replace(/test\('zero'.*\n/, ''))).toEqual(['test-deleted:0']);
    expect(await weakened(body.replace("it('adds'", "it.skip('adds'"))).toEqual(['test-skip:5']);
    expect(await weakened(body.replace("it('adds', ", "it('adds', { todo: true }, "))).toEqual(['test-todo:5']);
    expect(await weakened(body.replace("describe('sum'", "describe.skip('sum'"))).toEqual(['test-skip:5']);
    expect(await weakened(body.replace("test('zero'", "test.only('zero'"))).toEqual(['test-only:10']);
    expect(await weakened(`${body}test.skip('new', () => {});\n`)).toEqual(['test-skip:11']);
  });

  test('is found when it takes assertions away, makes them constant or loses what they throw', async () => {
    expect(await weakened(body.replace('    equal(sum(2, 2), 4);\n', ''))).toEqual(['assertions-removed:5']);
    expect(await weakened(body.replace('equal(sum(2, 2), 4)', 'equal(4, 4)'))).toEqual(['assertions-removed:5']);
    expect(await weakened(body.replace('equal(sum(2, 2), 4);', 'try { equal(sum(2, 2), 4); } catch {}'))).toEqual(['assertions-removed:5']);
    expect(await weakened(body.replace('    assert.equal(sum(1, 2), 3);\n    equal(sum(2, 2), 4);\n', ''))).toEqual(['assertions-removed:5']);
  });

  test('is found behind a thousand other changed test files', async () => {
    const others = Object.fromEntries(Array.from({ length: 1_050 }, (_, index) => [`test/a${index}.test.js`, 'export {};\n']));
    expect(await weakened(body.replace(/test\('zero'.*\n/, ''), others)).toEqual(['test-deleted:0']);
  });

  test('is left alone when it only tidies up', async () => {
    expect(await weakened(`${body}test('new', () => assert.equal(sum(5, 5), 10));\n`)).toEqual([]);
    expect(await weakened(body.replace('assert.equal(sum(1, 2), 3);\n    equal(sum(2, 2), 4);', 'assert.deepEqual([sum(1, 2), sum(2, 2)], [3, 4]);'))).toEqual([]);
    expect(await weakened(`const both = (a, b, c) => { assert.equal(sum(a, b), c); assert.equal(sum(b, a), c); };\n${body.replace('    assert.equal(sum(1, 2), 3);\n    equal(sum(2, 2), 4);\n', '    both(1, 2, 3);\n')}`)).toEqual([]);
    expect(await weakened(body.replace(/test\('zero'.*\n/, ''), { 'test/zero.test.js': `${head}${body.split('\n').find((line) => line.startsWith('test(')) ?? ''}\n` })).toEqual([]);
  });

  test('fails the tests gate with the place, until a person approves it', async () => {
    const workspace = await openProject(project);
    await workspace.write('test/sum.test.js', head + body.replace('    equal(sum(2, 2), 4);\n', ''));
    const report = await runGate({ workspace, only: ['tests'] });
    expect(report).toMatchObject({ verdict: 'rejected', findings: [{ rule: 'assertions-removed', file: 'test/sum.test.js', line: 5 }] });
    expect(report.gates[0]?.message).toContain('test/sum.test.js:5');
    const sha256 = /[0-9a-f]{64}/.exec(report.findings[0]?.message ?? '')?.[0] ?? '';
    expect(await runGate({ workspace, only: ['tests'], policy: policy({ approved: [sha256] }) })).toMatchObject({ verdict: 'accepted' });
  });
});

test('is found in every cheating patch of the corpus, and in no honest one', async () => {
  const cases = weakeningCases();
  expect(cases.filter((one) => one.isCheat).length).toBeGreaterThanOrEqual(100);
  expect(cases.filter((one) => !one.isCheat).length).toBeGreaterThanOrEqual(100);
  const workspace = await openProject(Object.assign({}, ...cases.map((one) => one.before)) as { readonly [file: string]: string });
  await workspace.writeAll(cases.flatMap((one) => Object.entries(one.after).map(([file, content]) => ({ type: 'write' as const, file, content }))));
  const found = await findWeakenedTests(workspace, workspace.base, await workspace.snapshot());
  const isFlagged = ({ id }: { readonly id: string }): boolean => found.some(({ file }) => file.startsWith(`${id}/`));
  expect({ missed: cases.filter((one) => one.isCheat && !isFlagged(one)).map(({ name }) => name), alarms: cases.filter((one) => !one.isCheat && isFlagged(one)).map(({ name }) => name) }).toEqual({ missed: [], alarms: [] });
});

describe('reading tests', () => {
  const read = (text: string, file = 'a.test.ts'): unknown => readTests(text, file)?.map(({ name, assertions, idle }) => [name, assertions, ...(idle === undefined ? [] : [idle])]);

  test('knows the forms of several runners', () => {
    expect(read("test.each([[1], [2]])('row %i', (a: number) => { expect(a).toBe(b); });")).toEqual([['row %i', 2]]);
    expect(read("it('chai', () => { expect(a).to.be.true; b.should.equal(c); });")).toEqual([['chai', 2]]);
    expect(read("test('tape', (t) => { t.equal(a, 1); t.test('inner', (t) => { t.ok(b); }); t.end(); });")).toEqual([['tape', 2], ['tape > inner', 1]].slice(0, 2));
    expect(read("xit('x', () => {}); it('later'); describe('s', () => { it('y', async () => { await expect(p).resolves.toEqual({ a: 1, b: [2, 3] }); }); });")).toEqual([['x', 0, 'skip'], ['later', 0, 'todo'], ['s > y', 3]]);
    expect(read("if (/a/.test('abc')) pattern.test('x');")).toEqual([]);
  });

  test('survives what is no program', () => {
    expect(readTests('test(', 'a.js')).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => void readTests(text, 'a.ts')));
    expect(() => readTests(`${'['.repeat(50_000)}`, 'a.js')).not.toThrow();
    expect(() => readTests(`test('a', () => ${'f('.repeat(3_000)}${')'.repeat(3_000)})`, 'a.js')).not.toThrow();
  });
});
