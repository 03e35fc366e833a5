import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestRunner } from '../src/index.ts';
import type { TestKind } from '../src/index.ts';
import { installRunners, openProject, packageJson } from './fixture.ts';

beforeAll(() => installRunners(), 300_000);

const nodeTest = (body: string): string => `import test from 'node:test';\nimport assert from 'node:assert/strict';\n${body}\n`;
const vitest = (body: string): string => `import { expect, test } from 'vitest';\n${body}\n`;
const every: readonly TestKind[] = ['unit', 'integration', 'e2e', 'performance'];

test('kinds are told by convention first and by patterns second', async () => {
  const workspace = await openProject({
    'package.json': packageJson('node --test'),
    'test/one.test.js': nodeTest("test('one', () => {});"),
    'test/db/two.test.js': nodeTest("test('two', () => {});"),
    'test/db/three.e2e.test.js': nodeTest("test('three', () => {});"),
    'test/four.bench.js': nodeTest("test('four', () => {});"),
  });
  const runner = createTestRunner({ workspace, kinds: { integration: ['test/db/**'] } });
  const report = await runner.run({ kinds: every });
  expect(report.cases.map((one) => [one.name, one.kind])).toEqual([['one', 'unit'], ['two', 'integration'], ['three', 'e2e'], ['four', 'performance']]);
  expect(report.kinds).toMatchObject(Object.fromEntries(every.map((kind) => [kind, { status: 'passed', passed: 1 }])));
  expect((await runner.run({ kinds: ['integration'] })).cases.map((one) => one.name)).toEqual(['two']);
  expect((await runner.run()).cases.map((one) => [one.name, one.kind])).toContainEqual(['two', 'integration']);
});

test('each kind runs on a copy of its own, within its own time, and has its own result', async () => {
  const workspace = await openProject({
    'package.json': packageJson('node --test'),
    'a.test.js': nodeTest("import { writeFileSync } from 'node:fs';\ntest('leaves a file', () => writeFileSync('left.txt', ''));"),
    'b.integration.test.js': nodeTest("import { existsSync } from 'node:fs';\ntest('sees none', () => assert.ok(!existsSync('left.txt')));"),
    'c.e2e.test.js': nodeTest("test('endless', () => { for (;;); });"),
  });
  const report = await createTestRunner({ workspace, limits: { e2e: { timeoutMs: 3_000 } } }).run({ kinds: every });
  expect(report).toMatchObject({
    status: 'timed-out', passed: 2,
    kinds: { unit: { status: 'passed', passed: 1 }, integration: { status: 'passed', passed: 1 }, e2e: { status: 'timed-out' }, performance: { status: 'no-tests', reason: 'no test file is of kind performance' } },
  });
  expect(existsSync(`${workspace.root}/left.txt`)).toBe(false);
});

test('vitest is asked for its projects, and its benchmarks run by their own command', async () => {
  const workspace = await openProject({
    'package.json': packageJson('vitest run'),
    'vitest.config.js': "export default { test: { projects: [{ test: { name: 'unit', include: ['src/**/*.test.js'] } }, { test: { name: 'integration', include: ['checks/*.js'] } }] } };\n",
    'src/one.test.js': vitest("test('one', () => expect(1).toBe(1));"),
    'checks/two.js': vitest("test('two', () => expect(1).toBe(1));"),
  }, 'modules');
  const report = await createTestRunner({ workspace }).run({ kinds: every });
  expect(report.cases.map((one) => [one.name, one.kind, one.status])).toEqual([['one', 'unit', 'passed'], ['two', 'integration', 'passed']]);
  expect((await createTestRunner({ workspace }).run()).cases.map((one) => one.kind).sort()).toEqual(['integration', 'unit']);

  const benches = await openProject({ 'package.json': packageJson('vitest run'), 'sum.bench.js': vitest("test('sum', async ({ bench }) => { await bench('sum', () => 1 + 1).run({ time: 20, iterations: 5 }); });"), 'sum.test.js': vitest("test('sum', () => {});") }, 'modules');
  expect(await createTestRunner({ workspace: benches }).run({ kinds: ['performance'] })).toMatchObject({ status: 'passed', passed: 1, failed: 0, kinds: { performance: { status: 'passed' } } });
});

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some((file) => existsSync(file));

describe.skipIf(!chromium)('playwright, in the Chromium of this machine', () => {
  const page = (body: string): string => `import { expect, test } from '@playwright/test';\n${body}\n`;
  const files = {
    'package.json': packageJson('node --test "unit/*.test.js"'),
    'playwright.config.js': "export default { testDir: './browser', retries: 1 };\n",
    'unit/one.test.js': nodeTest("test('one', () => {});"),
    'browser/page.spec.js': page("test.describe('page', () => {\n  test('shows', async ({ page }) => { await page.setContent('<h1>Hello</h1>'); await expect(page.locator('h1')).toHaveText('Hello'); });\n  test('is wrong', async ({ page }) => { await page.setContent('<h1>Hello</h1>'); expect(await page.title()).toBe('Hello'); });\n  test.skip('later', () => {});\n});\nlet ran = 0;\ntest('flaky', ({}, info) => { expect(info.retry).toBe(1); });"),
  };

  test('runs e2e tests that the test script does not run', async () => {
    const workspace = await openProject(files, 'runners');
    const report = await createTestRunner({ workspace }).run({ kinds: every });
    expect(report).toMatchObject({ status: 'failed', kinds: { unit: { status: 'passed', passed: 1 }, e2e: { status: 'failed', passed: 2, failed: 1, skipped: 1 } } });
    const found = Object.fromEntries(report.cases.map((one) => [one.id, [one.kind, one.status, one.failure, one.flaky]]));
    expect(found).toEqual({
      'unit/one.test.js > one': ['unit', 'passed', undefined, undefined],
      'browser/page.spec.js > page > shows': ['e2e', 'passed', undefined, undefined],
      'browser/page.spec.js > page > is wrong': ['e2e', 'failed', 'assertion', undefined],
      'browser/page.spec.js > page > later': ['e2e', 'skipped', undefined, undefined],
      'browser/page.spec.js > flaky': ['e2e', 'passed', undefined, true],
    });
  });

  test('is detected as the runner of a test script', async () => {
    const runner = createTestRunner({ workspace: await openProject({ ...files, 'package.json': packageJson('playwright test') }, 'runners') });
    expect(await runner.detect()).toMatchObject({ runner: 'playwright', status: 'ready' });
    expect(await runner.run({ names: ['shows'] })).toMatchObject({ status: 'passed', passed: 1, failed: 0, cases: [{ kind: 'e2e' }] });
  });
});
