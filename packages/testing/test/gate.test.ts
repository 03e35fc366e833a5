import { describe, expect, test } from 'vitest';
import { policies, renderGateReport, runGate } from '../src/index.ts';
import type { GateReport, Validator } from '../src/index.ts';
import type { TaskWorkspace } from '@fw/agents-core';
import { openProject, packageJson } from './fixture.ts';

const project = {
  'package.json': packageJson('node --test'),
  'sum.js': 'export const sum = (a, b) => a - b;\n',
  'test/sum.test.js': "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { sum } from '../sum.js';\ntest('nothing', () => assert.equal(sum(0, 0), 0));\n",
};
const fix = 'export const sum = (a, b) => a + b;\n';
const newTest = "test('adds', () => assert.equal(sum(1, 2), 3));\n";

async function changed(files: { readonly [file: string]: string }, base = {}): Promise<TaskWorkspace> {
  const workspace = await openProject({ ...project, ...base });
  for (const [file, content] of Object.entries(files)) await workspace.write(file, content);
  return workspace;
}

const statusOf = (report: GateReport, gate: string): string | undefined => report.gates.find((one) => one.gate === gate)?.status;

describe('runGate', () => {
  test('accepts a fix with a test that was red on the base, and prints the promised JSON', async () => {
    const workspace = await changed({ 'sum.js': fix, 'test/sum.test.js': project['test/sum.test.js'] + newTest });
    const before = await workspace.snapshot();
    const report = await runGate({ workspace, policy: policies.delivery });
    expect(report).toMatchObject({ version: 1, verdict: 'accepted', tree: before, base: workspace.base, tests: { passed: 2, failed: 0 }, coverage: { lines: 1, changedLines: 1 }, findings: [] });
    expect(statusOf(report, 'red-first')).toBe('passed');
    expect(report.evidence.map((one) => one.kind)).toEqual(['baseline', 'tests', 'coverage', 'test-changes', 'red-first', 'secrets', 'security', 'dependencies', 'types', 'lint', 'complexity', 'duplication', 'dead-code']);
    expect(report.evidence.find((one) => one.kind === 'red-first')?.results).toMatchObject({ cases: [{ id: 'test/sum.test.js > nothing', onBase: 'green' }, { id: 'test/sum.test.js > adds', onBase: 'assertion' }] });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(await workspace.snapshot()).toBe(before);
    expect(renderGateReport(report)).toContain('verdict   accepted');
  });

  test('finds the new test among thousands of others', async () => {
    const many = (name: string): string => `import test from 'node:test';\nfor (let at = 0; at < 1100; at++) test('${name}' + at, () => {});\n`;
    const workspace = await changed({ 'sum.js': fix, 'test/sum.test.js': project['test/sum.test.js'] + newTest }, { 'test/a.test.js': many('a'), 'test/b.test.js': many('b') });
    const report = await runGate({ workspace, policy: policies.delivery });
    expect(report).toMatchObject({ verdict: 'accepted', tests: { passed: 2_202, failed: 0 } });
    expect(statusOf(report, 'red-first')).toBe('passed');
  });

  test('rejects a change that breaks a test, naming it', async () => {
    const report = await runGate({ workspace: await changed({ 'sum.js': 'export const sum = () => 1;\n' }) });
    expect(report.verdict).toBe('rejected');
    expect(renderGateReport(report)).toContain('test/sum.test.js > nothing');
  });

  test('rejects a deleted test', async () => {
    const report = await runGate({ workspace: await changed({ 'test/sum.test.js': project['test/sum.test.js'].replace("'nothing'", "'other'") }), only: ['tests'] });
    expect(report).toMatchObject({ verdict: 'rejected', gates: [{ gate: 'tests', message: expect.stringContaining('1 tests of the base are gone: test/sum.test.js > nothing') as string }] });
  });

  test('judges a folder as it is, and one without tests as inconclusive', async () => {
    const report = await runGate({ workspace: await openProject(project) });
    expect(report.verdict).toBe('accepted');
    expect(statusOf(report, 'red-first')).toBe('unavailable');
    expect(await runGate({ workspace: await openProject({ 'a.js': '' }) })).toMatchObject({ verdict: 'inconclusive' });
  });

  test('is inconclusive when only a gate is asked for that is not there', async () => {
    expect(await runGate({ workspace: await openProject(project), only: ['mutation'] })).toMatchObject({ verdict: 'inconclusive', gates: [{ gate: 'mutation', status: 'unavailable', message: 'nothing was changed' }] });
  });

  test('rejects a secret that the change adds', async () => {
    const report = await runGate({ workspace: await changed({ 'key.js': `export const key = '${`AKIA${'Q3X7ABCDEFGH2JKL'}`}';\n` }), only: ['secrets'] });
    expect(report).toMatchObject({ verdict: 'rejected', findings: [{ validator: 'secrets', rule: 'aws-access-key-id', file: 'key.js', line: 1, isNew: true }] });
  });

  test('survives a validator that throws or lies, and refuses one of another version', async () => {
    const workspace = await openProject(project);
    const broken: Validator = { specVersion: 1, name: 'broken', validate: () => Promise.reject(new Error('no')) };
    const lying: Validator = { specVersion: 1, name: 'lying', validate: () => Promise.resolve('all good' as never) };
    const report = await runGate({ workspace, only: ['tests'], validators: [broken, lying] });
    expect(report.verdict).toBe('inconclusive');
    expect([statusOf(report, 'validator/broken'), statusOf(report, 'validator/lying')]).toEqual(['inconclusive', 'inconclusive']);
    await expect(runGate({ workspace, validators: [{ ...broken, specVersion: 2 as 1 }] })).rejects.toMatchObject({ code: 'FW_TESTING_VALIDATOR' });
  });

  test('ends with the reason of an abort', async () => {
    await expect(runGate({ workspace: await openProject(project), signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });
});

describe('red first', () => {
  const onBase = async (files: { readonly [file: string]: string }, base = {}): Promise<unknown> => {
    const report = await runGate({ workspace: await changed(files, base), only: ['tests', 'red-first'] });
    const results = report.evidence.find((one) => one.kind === 'red-first')?.results as { readonly cases?: readonly { readonly onBase: string }[]; readonly reason?: string } | undefined;
    return results?.cases?.map((one) => one.onBase) ?? results?.reason;
  };
  const head = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n";

  test('counts what the change adds as missing on the base', async () => {
    expect(await onBase({ 'times.js': 'export const times = (a, b) => a * b;\n', 'test/times.test.js': `${head}import { times } from '../times.js';\ntest('times', () => assert.equal(times(2, 3), 6));\n` })).toEqual(['missing']);
    expect(await onBase({ 'sum.js': `${fix}export const twice = (a) => a + a;\n`, 'test/twice.test.js': `${head}import { twice } from '../sum.js';\ntest('twice', () => assert.equal(twice(2), 4));\n` })).toEqual(['missing']);
    expect(await onBase({ 'sum.js': `${fix}export const twice = (a) => a + a;\n`, 'test/twice.test.js': `${head}import * as all from '../sum.js';\ntest('twice', () => assert.equal(all.twice(2), 4));\n` })).toEqual(['missing']);
  });

  test('counts a crash of the code under test, and not one of the test', async () => {
    const crash = { 'sum.js': 'export const sum = (a, b) => a.value - b;\n', 'test/sum.test.js': '' };
    expect(await onBase({ 'sum.js': 'export const sum = (a, b) => (a?.value ?? 0) + b;\n', 'test/null.test.js': `${head}import { sum } from '../sum.js';\ntest('null', () => assert.equal(sum(null, 1), 1));\n` }, crash)).toEqual(['crash']);
    expect(await onBase({ 'sum.js': 'export const sum = (a, b) => (a ?? 0) - (b ?? 0);\nexport const size = 1;\n', 'test/own.test.js': `${head}import * as all from '../sum.js';\ntest('own', () => { if (all.size !== 1) throw new Error('setup'); });\n` })).toEqual(['broken']);
  });

  test('calls tests green that pass on the base, and has nothing to say without new tests', async () => {
    expect(await onBase({ 'test/more.test.js': `${head}test('more', () => assert.ok(true));\n` })).toEqual(['green']);
    expect(await onBase({ 'sum.js': 'export const sum = (a, b) => -b + a;\n' })).toContain('no new or changed test');
  });
});
