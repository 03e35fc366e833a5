import { expect, test } from 'vitest';
import { judge, policy, runGate } from '../src/index.ts';
import type { Evidence, Verdict } from '../src/index.ts';
import { toGateReport } from '../src/to-gate-report.ts';
import { baseline, findings, tests } from './evidence.ts';
import { openProject, packageJson } from './fixture.ts';

const megabyte = 1024 * 1024;
const usual = { cpuMs: 5_000, peakMemoryBytes: 200 * megabyte, peakProcesses: 4, peakHandles: 60, writtenBytes: 0, outputCharacters: 2_000 };

function runs(now: Partial<typeof usual>): readonly Evidence[] {
  const before = baseline({ a: 'passed' });
  const { tests: old } = before.results as unknown as { readonly tests: { readonly report: object } };
  return [{ ...before, results: { tests: { ...old, report: { ...old.report, resources: usual } } } as unknown as Evidence['results'] }, tests({ a: 'passed' }, { resources: { ...usual, ...now } })];
}

const resources = ({ gates }: Pick<Verdict, 'gates'>): unknown => gates.find((gate) => gate.gate === 'resources');

test('growth is rejected where it is many times the base and more than noise', () => {
  expect(resources(judge(runs({ cpuMs: 14_000, peakMemoryBytes: 400 * megabyte, peakProcesses: 20, outputCharacters: 900_000 }), policy()))).toMatchObject({ status: 'passed' });
  expect(resources(judge(runs({ cpuMs: 25_000 }), policy()))).toMatchObject({ status: 'failed', message: 'the tests took 25.0 s processor time; on the base 5.0 s processor time, and at most 4 times that is allowed' });
  expect(resources(judge(runs({ peakMemoryBytes: 900 * megabyte, peakProcesses: 40 }), policy()))).toMatchObject({ status: 'failed', message: expect.stringMatching(/900 MB memory.*; .*40 processes at once/) as string });
  expect(resources(judge(runs({ cpuMs: 25_000 }), policy({ resources: { growth: { cpuMs: 6 } } })))).toMatchObject({ status: 'passed' });
});

test('open handles are judged where they are known, and said to be unavailable elsewhere', () => {
  expect(resources(judge(runs({ peakHandles: 255 }), policy()))).toMatchObject({ status: 'passed', message: expect.stringContaining('255 open files, sockets and pipes at once') as string });
  expect(resources(judge(runs({ peakHandles: 900 }), policy()))).toMatchObject({ status: 'failed', message: 'the tests took 900 open files, sockets and pipes at once; on the base 60 open files, sockets and pipes at once, and at most 4 times that is allowed' });
  const { peakHandles: _handles, ...others } = usual;
  expect(resources(judge([tests({ a: 'passed' }, { resources: others })], policy({ resources: { limits: { peakHandles: 1 } } })))).toMatchObject({ status: 'passed', message: expect.stringContaining('open files, sockets and pipes at once unavailable') as string });
});

test('what checkers took is judged as what the tests took, each by itself', () => {
  const types = findings('types', {}, 'types');
  const metered = { ...types, results: { ...(types.results as object), resources: { head: { ...usual, peakMemoryBytes: 2_000 * megabyte }, base: usual } } as unknown as Evidence['results'] };
  expect(resources(judge([...runs({}), metered], policy()))).toMatchObject({ status: 'failed', message: 'types took 2000 MB memory; on the base 200 MB memory, and at most 3 times that is allowed', evidence: expect.arrayContaining([types.id]) as unknown });
  expect(resources(judge([...runs({}), metered], policy({ resources: { growth: { peakMemoryBytes: 20 } } })))).toMatchObject({ status: 'passed', message: expect.stringMatching(/^the tests: .*; types: within the same bounds$/) as string });
});

test('limits hold without a base, and are findings of the report', () => {
  const evidence = runs({}).slice(1);
  const strict = policy({ resources: { limits: { peakProcesses: 2 } } });
  expect(resources(judge(evidence, strict))).toMatchObject({ status: 'failed', message: 'the tests took 4 processes at once; the limit is 2 processes at once' });
  expect(toGateReport({ tree: 'head', base: 'base', evidence, policy: strict }).findings).toMatchObject([{ validator: 'resources', rule: 'peakProcesses', category: 'resource', severity: 'medium' }]);
  expect(resources(judge([tests({ a: 'passed' })], policy()))).toMatchObject({ status: 'unavailable' });
  expect(() => policy({ resources: { limits: { handles: 3 } as object } })).toThrow(/handles/);
});

test('what the tests of a project take is measured', async () => {
  const workspace = await openProject({ 'package.json': packageJson('node --test'), 'a.test.js': "import test from 'node:test';\ntest('a', () => {});\n" });
  const report = await runGate({ workspace, only: ['tests'], policy: policy({ resources: { limits: { cpuMs: 1 } } }) });
  const results = report.evidence[0]?.results as unknown as { readonly report: { readonly resources: typeof usual } };
  expect(results.report.resources.cpuMs).toBeGreaterThan(1);
  expect(results.report.resources.peakProcesses).toBeGreaterThan(0);
  if (process.platform === 'linux') expect(results.report.resources.peakHandles).toBeGreaterThan(9);
  expect(judge(report.evidence, policy({ resources: { limits: { cpuMs: 1 } } }))).toMatchObject({ verdict: 'rejected' });
});
