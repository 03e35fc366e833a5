import { beforeAll, expect, test } from 'vitest';
import { createTestRunner, measureTests } from '../src/index.ts';
import type { TestReport } from '../src/index.ts';
import { installRunners, openProject } from './fixture.ts';

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
  expect(found(report)).toMatchObject({ 'test/sum.js > sum is wrong': ['failed', 'assertion'], 'test/sum.js > sum throws': ['failed', 'error'], 'test/sum.js > hooks "before all" hook for "inside"': ['errored', 'error'] });
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

test('runs only the names that are asked for', async () => {
  const jest = await openProject({ 'package.json': manifest('jest'), 'a.test.js': "test('first', () => {}); test('second', () => {});" }, 'runners');
  expect((await createTestRunner({ workspace: jest }).run({ names: ['second'] })).cases.filter((one) => one.status === 'passed').map((one) => one.name)).toEqual(['second']);
});

test('runs pytest where a project has tests for it', async () => {
  const files = {
    // Stands for pytest itself: it writes the report that pytest 8 wrote for these tests.
    'pytest.py': `import sys\nat = next(word for word in sys.argv if word.startswith('--junitxml='))[11:]\nopen(at, 'w').write('''<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.05" timestamp="2026-01-01T00:00:00" hostname="h"><testcase classname="tests.test_sum" name="test_adds" time="0.001" /><testcase classname="tests.test_sum.TestSum" name="test_wrong" time="0.001"><failure message="assert 3 == 4">def test_wrong():\n&gt;       assert sum(1, 2) == 4\nE       assert 3 == 4</failure></testcase><testcase classname="tests.test_sum" name="test_later" time="0.000"><skipped type="pytest.skip" message="no">tests/test_sum.py:9: no</skipped></testcase><testcase classname="tests.test_sum" name="test_fixture" time="0.001"><error message="failed on setup with &quot;ValueError&quot;">ValueError</error></testcase></testsuite></testsuites>''')\nsys.exit(1)\n`,
    'tests/test_sum.py': 'def test_adds(): pass\n',
  };
  const runner = createTestRunner({ workspace: await openProject(files) });
  expect(await runner.detect()).toEqual({ runner: 'pytest', status: 'ready', command: ['python3', '-m', 'pytest'] });
  const report = await runner.run();
  expect(report).toMatchObject({ status: 'failed', passed: 1, failed: 1, errored: 1, skipped: 1 });
  expect(found(report)).toMatchObject({ 'tests/test_sum.py > test_adds': ['passed', undefined], 'tests/test_sum.py > TestSum > test_wrong': ['failed', 'assertion'], 'tests/test_sum.py > test_fixture': ['errored', 'error'] });
});
