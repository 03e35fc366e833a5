import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judge, measureMutation, policy, runGate, toGateReport, verifyReport } from '../src/index.ts';
import type { Evidence, GateReport, Measurement, MutantResult } from '../src/index.ts';
import type { TaskWorkspace } from '@fw/agents-core';
import { installRunners, openProject, packageJson } from './fixture.ts';

const head = "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { price } from '../src/price.js';\n";
const weak = `${head}test('is a price', () => assert.equal(typeof price(1), 'number'));\n`;
const strong = `${head}test('is less for many', () => { for (const [count, cost] of [[9, 18], [10, 10]]) assert.equal(price(count), cost); });\n`;
const code = 'export function price(count) {\n  if (count >= 10) return count;\n  return count * 2;\n}\n';
const base = { 'package.json': packageJson('node --test'), 'src/price.js': 'export function price(count) {\n  return count;\n}\n', 'test/price.test.js': weak };
const mutation = { ...policy().mutation, exclude: ['ConditionalExpression', 'BlockStatement', 'ArrowFunction'] };

async function changed(files: { readonly [file: string]: string }, project: { readonly [file: string]: string } = base, modules?: 'modules' | 'runners'): Promise<TaskWorkspace> {
  const workspace = await openProject(project, modules);
  for (const [file, content] of Object.entries(files)) await workspace.write(file, content);
  return workspace;
}

async function measure(workspace: TaskWorkspace, options: Partial<Parameters<typeof measureMutation>[0]> = {}): Promise<Measurement> {
  return measureMutation({ workspace, base: workspace.base, head: await workspace.snapshot(), policy: mutation, ...options });
}

const mutantsOf = ({ results }: Measurement): readonly MutantResult[] => (results as unknown as { readonly mutants: readonly MutantResult[] }).mutants;
const said = (report: GateReport): string => report.gates[0]?.message ?? '';
const statuses = (measured: Measurement): readonly string[] => [...new Set(mutantsOf(measured).map(({ status }) => status))].sort();

describe('the gate mutation', () => {
  test('rejects changed code whose mutants no test notices, and names each with its place and text', async () => {
    const workspace = await changed({ 'src/price.js': code });
    const report = await runGate({ workspace, only: ['mutation'], policy: policy({ mutation }) });
    expect(report.verdict).toBe('rejected');
    expect(said(report)).toBe('tests notice 0 of 3 mutants on changed lines; 80 % are wanted. Not noticed: src/price.js:2 `count >= 10` is `count > 10` (EqualityOperator); src/price.js:3 `count * 2` is `count / 2` (ArithmeticOperator); src/price.js:2 `count >= 10` is `count < 10` (EqualityOperator)');
    expect(report.findings).toContainEqual({ validator: 'mutation', rule: 'EqualityOperator', category: 'mutation', severity: 'low', file: 'src/price.js', line: 2, message: 'No test fails when `count >= 10` is `count > 10` (EqualityOperator).', isNew: true });
    expect(report.findings).toHaveLength(3);
    expect(report.evidence).toMatchObject([{ kind: 'mutation', toolVersions: { '@stryker-mutator/instrumenter': expect.stringMatching(/^\d+\./) as string }, runner: { isolated: true } }]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);

    // It holds although the time was over before the last was tried.
    const hurried = toGateReport({ ...report, evidence: report.evidence.map((one) => ({ ...one, results: { ...(one.results as object), mutants: mutantsOf(one).map((mutant, at) => (at === 2 ? { ...mutant, status: 'unfinished' } : mutant)) } as unknown as Evidence['results'] })) });
    expect((await verifyReport(hurried, { rerun: true, workspace })).checks.at(-1)).toMatchObject({ check: 'rerun', status: 'passed' });
  });

  test('passes when tests notice them, and after tests were added only those that survived are tried again, with the added ones', async () => {
    const workspace = await changed({ 'src/price.js': code });
    const earlier = await measure(workspace);
    await workspace.write('test/strong.test.js', strong);
    const measured = await measure(workspace, { earlier });
    expect(statuses(measured)).toEqual(['killed']);
    // What survived was tried with the new file alone.
    expect(mutantsOf(measured).map(({ killedBy }) => killedBy)).toEqual(Array(3).fill('test/strong.test.js > is less for many'));
    expect((await measure(workspace, { earlier: measured })).results).toEqual(measured.results);
    const evidence: Evidence = { ...measured, id: 'e', origin: 'runner' };
    expect(judge([evidence], policy({ gates: { mutation: 'required' } })).gates.find(({ gate }) => gate === 'mutation')).toMatchObject({ status: 'passed', message: expect.stringMatching(/^tests notice (\d+) of \1 mutants on changed lines$/) as string });
  });

  test('believes no failure of tests that fail whatever is changed', async () => {
    const copying = `${head}import { readFileSync } from 'node:fs';\ntest('is as it was', () => assert.equal(readFileSync(new URL('../src/price.js', import.meta.url), 'utf8'), ${JSON.stringify(code)}));\n`;
    const report = await runGate({ workspace: await changed({ 'src/price.js': code, 'test/copy.test.js': copying }), only: ['mutation'] });
    expect(report).toMatchObject({ verdict: 'inconclusive', gates: [{ status: 'inconclusive', message: expect.stringMatching(/no more than a comment added .*: test\/copy\.test\.js > is as it was$/) as string }] });
  });

  test('tries what the tests of a file do not notice with all others, several at once, and tells them apart', async () => {
    const shop = "import { price } from './price.js';\nexport const total = (counts) => counts.reduce((sum, count) => sum + price(count), 0);\n";
    const shopTest = "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { total } from '../src/shop.js';\ntest('total', () => assert.equal(total([1]), 2));\n";
    const workspace = await changed({ 'src/price.js': code }, { ...base, 'src/shop.js': shop, 'test/shop.test.js': shopTest });
    expect(mutantsOf(await measure(workspace)).map(({ replacement, status, killedBy }) => [replacement, status, killedBy])).toEqual([
      ['count > 10', 'survived', undefined], ['count / 2', 'killed', 'test/shop.test.js > total'], ['count < 10', 'killed', 'test/shop.test.js > total'],
    ]);
  });

  test('is not misled by tests that fail when they are run without the others', async () => {
    const leaning = `${head}test('is a price', () => { assert.equal(globalThis.ready, true); assert.equal(typeof price(1), 'number'); });\n`;
    const project = { ...base, 'package.json': packageJson('node --test --test-isolation=none'), 'test/first.test.js': "import test from 'node:test';\nglobalThis.ready = true;\ntest('first', () => {});\n", 'test/price.test.js': leaning };
    expect(statuses(await measure(await changed({ 'src/price.js': 'export function price(count) {\n  return count * 2;\n}\n' }, project)))).toEqual(['survived']);
  });

  test('does not heed comments of the code that tell Stryker to leave it out', async () => {
    const workspace = await changed({ 'src/price.js': `// Stryker disable all\n${base['src/price.js']}export const twice = (count) => 2 * count;\n`, '.babelrc.json': '{"presets":["./nowhere.js"]}', 'babel.config.json': '{"presets":["./nowhere.js"]}', 'stryker.conf.json': '{"mutate":[]}' });
    expect(mutantsOf(await measure(workspace))).toMatchObject([{ line: 5, replacement: '2 / count', status: 'survived' }]);
  });

  test('is inconclusive when the time is over, and never a pass', async () => {
    const waiting = `${weak}test('takes its time', () => new Promise((resolve) => setTimeout(resolve, 1500)));\n`;
    const workspace = await changed({ 'src/price.js': code, 'test/price.test.js': waiting });
    const measured = await measure(workspace, { policy: { ...mutation, timeMs: 1_000 } });
    expect(mutantsOf(measured).every(({ status }) => status === 'unfinished')).toBe(true);
    const evidence: Evidence = { ...measured, id: 'e', origin: 'runner' };
    expect(judge([evidence], policy({ gates: { mutation: 'required' } }))).toMatchObject({ gates: expect.arrayContaining([{ gate: 'mutation', status: 'inconclusive', message: expect.stringContaining('the time was over before') as string, evidence: ['e'] }]) as unknown });
  });

  test('is unavailable with the reason where there is nothing to make mutants with, or of', async () => {
    const workspace = await changed({ 'src/price.js': code }, { ...base, 'node_modules/@stryker-mutator/instrumenter/package.json': '{"version":"10.0.0","main":"a.js"}' });
    expect((await measure(workspace, { beside: join(workspace.root, '../../nowhere/a.js') })).results).toEqual({ status: 'unavailable', reason: "Stryker's instrumenter is not there; install it beside @fw/testing: npm install --save-dev @stryker-mutator/instrumenter" });
    expect((await measure(await changed({ 'price.py': 'PRICE = 1\n' }))).results).toEqual({ status: 'unavailable', reason: 'mutants are made of JavaScript and TypeScript alone; the change is in Python' });
    expect((await measure(await changed({ 'page.vue': '<script>const a = 1 + 1;</script>\n' }))).results).toMatchObject({ status: 'unavailable', reason: expect.stringMatching(/is in Vue$/) as string });
    const partly = await runGate({ workspace: await changed({ 'src/price.js': `${code}(((`, 'main.go': 'package main\n' }), only: ['mutation'] });
    expect(partly).toMatchObject({ verdict: 'inconclusive', gates: [{ message: 'nothing on the changed lines can be mutated; not mutated: src/price.js, Go' }] });
    expect(await runGate({ workspace: await changed({ 'README.md': 'Words.\n' }), only: ['mutation'] })).toMatchObject({ verdict: 'accepted', gates: [{ message: 'nothing on the changed lines can be mutated' }] });
  });

  test('tells what does not run from what tests notice', async () => {
    const evidence = (mutants: readonly Partial<MutantResult>[], left = 0): Evidence => ({
      id: 'e', kind: 'mutation', origin: 'runner', runner: { version: '1', isolated: true }, command: [], exitCode: 0, tree: 't', toolVersions: {}, startedAt: 0, durationMs: 0, digests: {}, sandbox: 'bubblewrap', nonce: '',
      results: { status: 'measured', left, unread: [], mutants: mutants.map((mutant) => ({ file: 'a.js', line: 1, column: 1, mutator: 'Regex', original: 'a', replacement: 'b', ...mutant })) } as unknown as Evidence['results'],
    });
    const gate = (one: Evidence, killed = 0.8): unknown => judge([one], policy({ gates: { mutation: 'required' }, mutation: { killed } })).gates.find(({ gate: name }) => name === 'mutation');
    expect(gate(evidence([{ status: 'invalid' }]))).toMatchObject({ status: 'inconclusive', message: 'none of the mutants could be tried; with 1 the tests could not be run' });
    expect(gate(evidence([{ status: 'invalid' }, { status: 'timed-out' }]))).toMatchObject({ status: 'passed' });
    // What is still open could not mend this, and could mend that.
    expect(gate(evidence([{ status: 'survived' }, { status: 'survived' }, { status: 'unfinished' }]))).toMatchObject({ status: 'failed' });
    expect(gate(evidence([{ status: 'survived' }], 100))).toMatchObject({ status: 'inconclusive' });
    expect(gate(evidence([{ status: 'survived' }]), 0)).toMatchObject({ status: 'passed' });
  });
});

describe('runs the tests of', () => {
  const es = (kept: string): string => `${kept}\nexport const isMany = (count: number, open: boolean): boolean => count > 5 && open;\n`;

  test('vitest, on TypeScript', async () => {
    const check = "import { expect, test } from 'vitest';\nimport { isMany } from '../src/many';\ntest('many', () => { expect([isMany(5, true), isMany(6, true), isMany(6, false)]).toEqual([false, true, false]); });\n";
    const workspace = await changed({ 'src/many.ts': es(''), 'test/many.test.ts': check }, { 'package.json': packageJson('vitest run'), 'src/many.ts': '' }, 'modules');
    const measured = await measure(workspace);
    expect(mutantsOf(measured).map(({ mutator, replacement, status }) => [mutator, replacement, status]).sort()).toEqual([
      ['EqualityOperator', 'count <= 5', 'killed'], ['EqualityOperator', 'count >= 5', 'killed'], ['LogicalOperator', 'count > 5 || open', 'killed'],
    ]);
  });

  test('jest and mocha', async () => {
    installRunners();
    const many = 'exports.isMany = (count) => count > 5;\n';
    const projects = { jest: "test('many', () => expect(require('../many.js').isMany(6)).toBe(true));\n", mocha: "const assert = require('node:assert'); it('many', () => assert(require('../many.js').isMany(6)));\n" };
    for (const [runner, text] of Object.entries(projects)) {
      const workspace = await changed({ 'many.js': many, 'test/many.test.js': text }, { 'package.json': JSON.stringify({ name: 'project', scripts: { test: runner === 'jest' ? 'jest' : 'mocha "test/*.js"' } }), 'many.js': '' }, 'runners');
      const measured = await measure(workspace);
      expect([runner, mutantsOf(measured).map(({ replacement, status }) => [replacement, status]).sort()]).toEqual([runner, [['count <= 5', 'killed'], ['count >= 5', 'survived']]]);
    }
  });
});
