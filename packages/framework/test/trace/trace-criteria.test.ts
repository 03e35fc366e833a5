import { describe, expect, test } from 'vitest';
import type { Artifact, Evidence, Json, Task } from '@fw/agents-core';
import { traceCriteria } from '../../src/trace/trace-criteria.ts';
import type { TracedCriterion } from '../../src/trace/trace-criteria.ts';

const task: Task = { specVersion: 1, id: 't', goal: 'Do it.' };
const artifact = (kind: string, content: Json): Artifact => ({ id: kind, kind, title: kind, schema: `${kind}@1`, content, producer: { agent: 'a', version: '1.0.0', key: kind } });
const evidence = (kind: string, results: Json, tree = 'head'): Evidence => ({
  id: `r/${kind}`, kind, origin: 'runner', runner: { version: '1', isolated: true }, command: [], exitCode: 0, tree, toolVersions: {}, startedAt: 0, durationMs: 1, results, digests: {}, sandbox: 'none', nonce: '',
});
const testCase = (id: string, status = 'passed'): Json => ({ id, file: id.split(' > ')[0] ?? '', status });

const requirements = artifact('requirements', { criteria: [{ id: 'c1', text: 'adds', kind: 'new' }, { id: 'keep', text: 'stays', kind: 'keep' }] });
const design = (tests: Json, components: Json = [{ name: 'Adder', files: ['src/a.js'], criteria: ['c1'] }]): Artifact => artifact('design', { components, tests });
const baseline = evidence('baseline', { tests: { cases: [testCase('test/old.js > stays')] } }, 'base');
const measured = (cases: readonly Json[], red: readonly Json[] = [{ id: 'test/a.js > adds up', onBase: 'assertion' }]): readonly Evidence[] =>
  [baseline, evidence('tests', { cases: [...cases] }), evidence('red-first', { status: 'measured', cases: [...red], red: red.length, total: red.length })];

function trace(artifacts: readonly Artifact[], all: readonly Evidence[], tree = 'head'): readonly TracedCriterion[] {
  return traceCriteria({ task, artifacts, evidence: all, tree });
}
const first = (...given: Parameters<typeof trace>): TracedCriterion => trace(...given)[0] as TracedCriterion;
const adds = testCase('test/a.js > adds up');

describe('the trace of a criterion', () => {
  test('goes from requirement over component and test to evidence', () => {
    const intended = design([{ criterion: 'c1', file: './test\\a.js', name: 'Adds  up' }, { criterion: 'keep', file: 'test/old.js', name: 'stays' }]);
    expect(trace([requirements, intended], measured([adds, testCase('test/old.js > stays')]))).toEqual([
      { criterion: 'c1', text: 'adds', kind: 'new', components: ['Adder'], tests: [{ id: 'test/a.js > adds up', file: 'test/a.js', status: 'passed', redFirst: true, linkedBy: ['design'] }], evidence: ['r/tests', 'r/red-first'], status: 'proven' },
      { criterion: 'keep', text: 'stays', kind: 'keep', components: [], tests: [{ id: 'test/old.js > stays', file: 'test/old.js', status: 'passed', linkedBy: ['design'] }], evidence: ['r/tests'], status: 'proven' },
    ]);
  });

  test('is not proven by a word alone', () => {
    const change = artifact('change', { criteria: [{ id: 'c1', status: 'met', evidence: ['run/tests#1', 'no such test'] }] });
    expect(first([requirements, design([]), change], measured([adds]))).toMatchObject({ tests: [], evidence: [], status: 'unproven' });
    // A test that was green before shows nothing new, whoever links it.
    const old = artifact('change', { criteria: [{ id: 'c1', status: 'met', evidence: ['test/old.js > stays'] }] });
    expect(first([requirements, old], measured([testCase('test/old.js > stays')], []))).toMatchObject({ tests: [{ linkedBy: ['change'] }], status: 'unproven' });
    expect(first([requirements, old], measured([testCase('test/old.js > stays')], [{ id: 'test/old.js > stays', onBase: 'green' }]))).toMatchObject({ tests: [{ redFirst: false }], status: 'unproven' });
  });

  test('is not proven by a test that fails, nor on a tree that was changed afterwards', () => {
    const intended = [requirements, design([{ criterion: 'c1', file: 'test/a.js', name: '' }])];
    expect(first(intended, measured([adds]))).toMatchObject({ tests: [{ linkedBy: ['design-file'] }], status: 'proven' });
    expect(first(intended, measured([adds, testCase('test/a.js > more', 'failed')]))).toMatchObject({ status: 'unproven' });
    expect(first(intended, measured([adds]), 'later')).toMatchObject({ tests: [{ status: 'passed' }], status: 'unproven' });
    expect(first(intended, [])).toMatchObject({ tests: [], evidence: [], status: 'unproven' });
  });

  test('does without red-first where it was not measured: a test that the base did not pass is new', () => {
    const intended = [requirements, design([{ criterion: 'c1', file: 'test/a.js', name: 'adds up' }])];
    expect(first(intended, measured([adds]).slice(0, 2))).toMatchObject({ tests: [{ id: 'test/a.js > adds up' }], status: 'proven' });
    expect(first(intended, measured([adds]).slice(1, 2))).toMatchObject({ status: 'unproven' });
  });

  test('takes what is new in the intended file where no test has the intended name', () => {
    const intended = [requirements, design([{ criterion: 'c1', file: 'test/old.js', name: 'adds two numbers' }])];
    const cases = [testCase('test/old.js > stays'), testCase('test/old.js > sums'), adds];
    expect(first(intended, measured(cases, [{ id: 'test/old.js > sums', onBase: 'missing' }]))).toMatchObject({ tests: [{ id: 'test/old.js > sums', linkedBy: ['design-file'] }], status: 'proven' });
  });

  test.each([
    ['adds [c1]', 'c1', true], ['c1: adds', 'c1', true], ['adds (c1)', 'c1', true], ['suite > c1 adds', 'c1', true], ['c12 adds', 'c1', false], ['c1.5 adds', 'c1', false], ['xc1', 'c1', false],
    ['sum of parts', 'sum', false], ['[sum] of parts', 'sum', true], ['sum: of parts', 'sum', true], ['a.b works', 'a.b', true], ['aXb works', 'a.b', false],
  ])('is linked by the name of a test: %s for %s is %s', (name, id, linked) => {
    const found = first([artifact('requirements', { criteria: [{ id, text: 'x' }] })], measured([testCase(`test/c1.js > ${name}`)], []));
    expect(found.tests.map(({ linkedBy }) => linkedBy)).toEqual(linked ? [['name']] : []);
  });

  test('takes the task\'s own criteria where there are no requirements, and artifacts of any form', () => {
    const own: Task = { ...task, acceptance: [{ id: 'own', text: 'mine' }] };
    expect(traceCriteria({ task: own, artifacts: [], evidence: [], tree: undefined })).toEqual([{ criterion: 'own', text: 'mine', kind: 'new', components: [], tests: [], evidence: [], status: 'unproven' }]);
    for (const content of [null, 'text', [], { components: 1, tests: 'x' }, { components: [{ name: 1 }] }, { criteria: [{ id: 1 }] }] as const) {
      expect(() => trace([artifact('requirements', content), artifact('design', content), artifact('change', content)], [evidence('tests', content), evidence('coverage', content)])).not.toThrow();
    }
  });
});
