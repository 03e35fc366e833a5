import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestRunner, measureTests } from '../src/index.ts';
import type { TestReport } from '../src/index.ts';
import { installRunners, openProject, runHanging } from './fixture.ts';

beforeAll(() => installRunners(), 300_000);

const manifest = (script: string, more: object = {}): string => JSON.stringify({ name: 'project', scripts: { test: script }, ...more });
const found = (report: TestReport): object => Object.fromEntries(report.cases.map((one) => [one.id, [one.status, one.failure]]));
const sum = "exports.sum = (a, b) => {\n  if (a > 100) {\n    return 0;\n  }\n  return a + b;\n};\n";

test('reads a jest run with its coverage', async () => {
  const workspace = await openProject({
    'package.json': manifest('eslint . && jest --ci --bail'),
    'sum.js': sum,
    'sum.test.js': `const { sum } = require('./sum.js');
      describe('sum', () => { test('adds', () => expect(sum(1, 2)).toBe(3)); test('is wrong', () => expect(sum(1, 2)).toBe(4)); });
      test('throws', () => { null.x; }); test.skip('skipped', () => {}); test.todo('later'); test('slow', () => new Promise(() => {}), 20);`,
    'broken.test.js': "require('./nowhere.js');",
  }, 'runners');
  const report = await createTestRunner({ workspace }).run({ coverage: true });
  expect(report).toMatchObject({ status: 'failed', runner: 'jest', passed: 1, failed: 2, skipped: 1, todo: 1, errored: 1, timedOut: 1, toolVersions: { jest: expect.any(String) as string } });
  expect(found(report)).toMatchObject({ 'sum.test.js > sum > is wrong': ['failed', 'assertion'], 'sum.test.js > throws': ['failed', 'error'], 'broken.test.js': ['errored', 'error'] });
  expect(report.coverage).toMatchObject({ status: 'measured', coverage: { files: { 'sum.js': { uncovered: [3] } } } });
});

test('reads a mocha run with its coverage', async () => {
  const workspace = await openProject({
    'package.json': manifest('nyc mocha --reporter dot "test/*.js"'),
    'sum.js': sum,
    'test/sum.js': `const assert = require('node:assert'); const { sum } = require('../sum.js');
      describe('sum', () => { it('adds', () => assert.equal(sum(1, 2), 3)); it('is wrong', () => assert.equal(sum(1, 2), 4)); it('throws', () => { null.x; }); it.skip('skipped', () => {}); it('later'); it('slow', function (done) { this.timeout(20); }); });
      describe('hooks', () => { before(() => { throw new Error('hook'); }); it('inside', () => {}); });`,
  }, 'runners');
  const report = await createTestRunner({ workspace }).run({ coverage: true });
  expect(report).toMatchObject({ status: 'failed', runner: 'mocha', passed: 1, failed: 2, skipped: 2, errored: 1, timedOut: 1 });
  expect(found(report)).toMatchObject({ 'test/sum.js > sum > is wrong': ['failed', 'assertion'], 'test/sum.js > sum > throws': ['failed', 'error'], 'test/sum.js > hooks > "before all" hook for "inside"': ['errored', 'error'] });
  expect(report.coverage).toMatchObject({ status: 'measured', coverage: { files: { 'sum.js': { uncovered: [3, 4] } } } });
});

test('reads a tape run', async () => {
  const workspace = await openProject({
    'package.json': manifest('tape "test/*.js"'),
    'test/sum.js': "const test = require('tape'); test('adds', (t) => { t.equal(3, 3, 'three'); t.equal(3, 4, 'four'); t.ok(true, 'later', { todo: true }); t.end(); }); test('more', (t) => { t.ok(1); t.end(); });",
  }, 'runners');
  const report = await createTestRunner({ workspace }).run();
  expect(report).toMatchObject({ status: 'failed', runner: 'tape', passed: 2, failed: 1, todo: 1 });
  expect(report.cases.find((one) => one.status === 'failed')).toMatchObject({ id: 'adds > four', failure: 'assertion', message: expect.stringContaining('expected: 4') as string });
});

test('reads an ava run', async () => {
  const workspace = await openProject({
    'package.json': manifest('ava', { type: 'module' }),
    'test.js': "import test from 'ava'; test('adds', (t) => t.is(3, 3)); test('is wrong', (t) => t.is(3, 4)); test('throws', () => { null.x; }); test.skip('skipped', (t) => t.pass()); test.todo('later');",
  }, 'runners');
  const report = await createTestRunner({ workspace }).run();
  expect(report).toMatchObject({ status: 'failed', runner: 'ava', passed: 1, failed: 2, skipped: 1, todo: 1 });
  expect(found(report)).toMatchObject({ 'is wrong': ['failed', 'assertion'], throws: ['failed', 'error'] });
});

test('does not take what a test prints for a result', async () => {
  const workspace = await openProject({
    'package.json': manifest('tape test.js'),
    'test.js': "const test = require('tape'); test('adds', (t) => { console.log('ok 1 forged'); t.ok(1); t.end(); });",
  }, 'runners');
  expect(await createTestRunner({ workspace }).run()).toMatchObject({ status: 'inconclusive' });
});

test('puts canaries into each of them', async () => {
  const projects = {
    jest: { 'package.json': manifest('jest'), 'a.test.js': "test('a', () => expect(1).toBe(1));" },
    mocha: { 'package.json': manifest('mocha'), 'test/a.js': "it('a', () => {});" },
    tape: { 'package.json': manifest('tape test.js'), 'test.js': "require('tape')('a', (t) => { t.ok(1); t.end(); });" },
  };
  for (const [runner, files] of Object.entries(projects)) {
    const [measured] = await measureTests({ workspace: await openProject(files, 'runners') });
    expect([runner, measured?.results]).toMatchObject([runner, { canary: { status: 'held', files: 1 } }]);
  }
});

test('runs only the names that are asked for, also those that look like options', async () => {
  const texts = { jest: "test('-x first', () => {}); test('second', () => {});", mocha: "it('-x first', () => {}); it('second', () => {});" };
  for (const [runner, text] of Object.entries(texts)) {
    const workspace = await openProject({ 'package.json': manifest(runner === 'jest' ? 'jest' : 'mocha *.test.js'), 'a.test.js': text }, 'runners');
    expect((await createTestRunner({ workspace }).run({ names: ['-x first'] })).cases.filter((one) => one.status === 'passed').map((one) => one.name)).toEqual(['-x first']);
  }
  const vitest = await openProject({ 'package.json': '{"type":"module","scripts":{"test":"vitest run"}}', 'a.test.js': `import { test } from 'vitest'; ${texts.jest}` }, 'modules');
  expect((await createTestRunner({ workspace: vitest }).run({ names: ['-x first'] })).cases.filter((one) => one.status === 'passed').map((one) => one.name)).toEqual(['-x first']);
});

const hasPytest = existsSync('/usr/bin/python3') && spawnSync('/usr/bin/python3', ['-m', 'pytest', '--version']).status === 0;

test.skipIf(!hasPytest)('reads a pytest run', async () => {
  const runner = createTestRunner({ workspace: await openProject({
    'tests/test_sum.py': `import pytest

@pytest.fixture
def broken():
    raise ValueError('no')

def test_adds(): pass
class TestSum:
    def test_wrong(self): assert 1 + 2 == 4
    @pytest.mark.parametrize('value', ['a::b', 'c'])
    def test_rows(self, value): assert value
@pytest.mark.skip
def test_later(): pass
def test_throws(): {}['x']
def test_fixture(broken): pass
`,
    'tests/test_syntax.py': 'def (:',
  }) });
  expect(await runner.detect()).toEqual({ runner: 'pytest', status: 'ready', command: ['python3', '-m', 'pytest'] });
  const report = await runner.run();
  expect(report).toMatchObject({ status: 'failed', errored: 1 });
  // pytest runs nothing when a file cannot be read.
  expect(found(report)).toEqual({ 'tests/test_syntax.py': ['errored', 'error'] });
  const one = await runner.run({ files: ['tests/test_sum.py'] });
  expect(one).toMatchObject({ status: 'failed', passed: 3, failed: 2, errored: 1, skipped: 1 });
  expect(found(one)).toMatchObject({
    'tests/test_sum.py > test_adds': ['passed', undefined], 'tests/test_sum.py > TestSum > test_wrong': ['failed', 'assertion'], 'tests/test_sum.py > TestSum > test_rows[a::b]': ['passed', undefined],
    'tests/test_sum.py > test_throws': ['failed', 'error'], 'tests/test_sum.py > test_fixture': ['errored', 'error'],
  });
});

describe('a script with several runners', () => {
  const files = {
    'package.json': manifest('', { scripts: { test: 'npm run unit && npm run jest', unit: 'node --test "test/*.test.js"', jest: 'jest web' } }),
    'sum.js': sum,
    'test/sum.test.js': "const test = require('node:test'); const assert = require('node:assert'); test('adds', () => assert.equal(require('../sum.js').sum(1, 2), 3));",
    'web/sum.test.js': "test('adds here', () => expect(require('../sum.js').sum(1, 2)).toBe(3));",
  };

  test('is read as one run, with canaries in each', async () => {
    const workspace = await openProject(files, 'runners');
    const [measured] = await measureTests({ workspace });
    expect(measured?.results).toMatchObject({ report: { status: 'passed', runner: 'jest+node:test', passed: 2 }, canary: { status: 'held', files: 2 } });
  });

  test('runs each file with its own', async () => {
    const report = await createTestRunner({ workspace: await openProject(files, 'runners') }).run({ files: ['web/sum.test.js', 'test/sum.test.js'] });
    expect(report.cases.map((one) => [one.id, one.status])).toEqual([['test/sum.test.js > adds', 'passed'], ['web/sum.test.js > adds here', 'passed']]);
  });
});

describe('a killed run keeps what it had', () => {
  const hanging = { jest: ["test('quick', () => {}); test('endless', () => { for (;;); });", 'jest'], mocha: ["it('quick', () => {}); it('endless', () => { for (;;); });", 'mocha *.test.js'], tape: ["const test = require('tape'); test('quick', (t) => { t.pass('one'); t.end(); }); test('endless', () => { for (;;); });", 'tape *.test.js'] } as const;
  for (const [runner, [text, script]] of Object.entries(hanging)) {
    test(`of ${runner}`, async () => {
      const workspace = await openProject({ 'package.json': manifest(script), 'a.test.js': text }, 'runners');
      expect(await runHanging((timeoutMs) => createTestRunner({ workspace }).run({ timeoutMs }))).toMatchObject({ status: 'timed-out', passed: 1, failed: 0 });
    });
  }
});

test('retries of the project\'s runner are named', async () => {
  const flaky = { jest: "jest.retryTimes(2); let ran = 0; test('second', () => expect(++ran).toBe(2));", mocha: "let ran = 0; it('second', () => { if (++ran < 2) throw new Error('no'); }).retries(2);" } as const;
  for (const [runner, text] of Object.entries(flaky)) {
    const workspace = await openProject({ 'package.json': manifest(runner === 'jest' ? 'jest' : 'mocha *.test.js'), 'a.test.js': text }, 'runners');
    expect((await createTestRunner({ workspace }).run()).cases).toMatchObject([{ name: 'second', status: 'passed', flaky: true }]);
  }
});

test('reads the results and the coverage that a command of its own writes', async () => {
  const write = (name: string, text: string): string => `require('node:fs').writeFileSync(${JSON.stringify(name)}, ${JSON.stringify(text)});`;
  const lcov = 'TN:\nSF:sum.js\nDA:1,1\nDA:2,1\nDA:3,0\nBRDA:2,0,0,0\nBRDA:2,0,1,5\nend_of_record\n';
  const report = JSON.stringify({ testResults: [{ name: 'a.test.js', status: 'passed', assertionResults: [{ ancestorTitles: [], title: 'a', status: 'passed' }] }] });
  const workspace = await openProject({ 'sum.js': sum, 'run.js': `${write('$1', report).replace('"$1"', 'process.argv[2]')}${write('$2', lcov).replace('"$2"', 'process.argv[3]')}` });
  const ran = await createTestRunner({ workspace, command: ['node', 'run.js', '{results}', '{coverage}'], format: 'jest' }).run({ coverage: true });
  expect(ran).toMatchObject({ status: 'passed', passed: 1, coverage: { status: 'measured', coverage: { lines: 0.6667, branches: 0.5, files: { 'sum.js': { uncovered: [3], branches: [{ line: 2, covered: false }, { line: 2, covered: true }] } } } } });
});
