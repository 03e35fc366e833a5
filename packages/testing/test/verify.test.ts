import { expect, test } from 'vitest';
import { runGate, verifyReport } from '../src/index.ts';
import type { GateReport, TaskWorkspace } from '../src/index.ts';
import { openProject, packageJson } from './fixture.ts';

async function judged(): Promise<{ readonly workspace: TaskWorkspace; readonly report: GateReport }> {
  const workspace = await openProject({
    'package.json': packageJson('node --test'),
    'sum.js': 'export const sum = (a, b) => a - b;\n',
    'test/sum.test.js': "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { sum } from '../sum.js';\ntest('nothing', () => assert.equal(sum(0, 0), 0));\n",
  });
  await workspace.write('sum.js', 'export const sum = (a, b) => a + b;\n');
  const report = await runGate({ workspace, only: ['tests', 'coverage', 'secrets'] });
  return { workspace, report: JSON.parse(JSON.stringify(report)) as GateReport };
}

const failed = (verification: Awaited<ReturnType<typeof verifyReport>>): readonly string[] => verification.checks.filter((check) => check.status === 'failed').map((check) => check.check);

test('an honest report holds, and holds when everything is measured again', async () => {
  const { workspace, report } = await judged();
  expect(report.head).toMatch(/^[0-9a-f]{64}$/);
  expect(await verifyReport(report)).toMatchObject({ holds: true, head: report.head, checks: [{ check: 'form' }, { check: 'chain', status: 'passed' }, { check: 'verdict', status: 'passed' }, { check: 'rerun', status: 'skipped' }] });
  const again = await verifyReport(report, { rerun: true, workspace });
  expect(again.checks.at(-1)).toMatchObject({ check: 'rerun', status: 'passed' });
});

test('a changed verdict, record, policy or order does not hold', async () => {
  const { report } = await judged();
  expect(failed(await verifyReport({ ...report, verdict: 'rejected' }))).toEqual(['verdict']);
  expect(failed(await verifyReport({ ...report, tests: { ...report.tests, passed: 100 } }))).toEqual(['verdict']);
  expect(failed(await verifyReport({ ...report, evidence: report.evidence.map((one) => ({ ...one, exitCode: 1 })) }))).toEqual(['chain', 'verdict']);
  expect(failed(await verifyReport({ ...report, evidence: report.evidence.toReversed() }))).toContain('chain');
  expect(failed(await verifyReport({ ...report, evidence: report.evidence.slice(1) }))).toContain('chain');
  expect(failed(await verifyReport({ ...report, policy: { ...report.policy, coverage: { changedLines: 0.5 } } }))).toContain('chain');
  expect(failed(await verifyReport(report, { head: '0'.repeat(64) }))).toEqual(['chain']);
});

test('what is no report is refused, not thrown', async () => {
  for (const text of ['null', '[]', '{}', '{"version":2}', '"accepted"']) expect(failed(await verifyReport(JSON.parse(text)))).toEqual(['form']);
});

test('a report that was written anew is found by measuring again', async () => {
  const { workspace, report } = await judged();
  const { toGateReport } = await import('../src/to-gate-report.ts');
  const evidence = report.evidence.map((one) => (one.kind !== 'tests' ? one : { ...one, results: JSON.parse(JSON.stringify(one.results).replaceAll('nothing', 'everything')) as typeof one.results }));
  const forged = JSON.parse(JSON.stringify(toGateReport({ ...report, evidence }))) as GateReport;
  expect(failed(await verifyReport(forged))).toEqual([]);
  expect(await verifyReport(forged, { rerun: true, workspace })).toMatchObject({ holds: false, checks: [{}, {}, {}, { check: 'rerun', status: 'failed', message: expect.stringContaining('tests') as string }] });
  expect(failed(await verifyReport(report, { rerun: true }))).toEqual(['rerun']);
  expect(failed(await verifyReport({ ...report, tree: 'f'.repeat(40) }, { rerun: true, workspace }))).toContain('rerun');
});
