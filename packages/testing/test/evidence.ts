import type { Evidence, Json } from '@fw/agents-core';

let count = 0;

/** Evidence with everything filled in. */
export function evidence(options: { readonly kind: string; readonly results: unknown; readonly tree?: string; readonly startedAt?: number; readonly id?: string; readonly exitCode?: number }): Evidence {
  count++;
  const { kind, results, tree = 'head', startedAt = count, id = `e${count}`, exitCode = 0 } = options;
  return {
    id, kind, origin: 'runner', runner: { version: '0.1.0', isolated: true }, command: ['npm', 'test'], exitCode, tree, toolVersions: {}, startedAt, durationMs: 1,
    results: results as Json, digests: {}, sandbox: 'bubblewrap', nonce: 'n',
  };
}

type Status = 'passed' | 'failed' | 'skipped' | 'todo' | 'errored' | 'timed-out';

/** Results of kind `tests` from `{ id: status }`. */
function testResults(cases: { readonly [id: string]: Status }, report: object = {}): object {
  const of = (status: Status): number => Object.values(cases).filter((one) => one === status).length;
  const counts = { passed: of('passed'), failed: of('failed'), skipped: of('skipped'), todo: of('todo'), errored: of('errored'), timedOut: of('timed-out') };
  const bad = counts.failed + counts.errored + counts.timedOut;
  const status = bad > 0 ? 'failed' : counts.passed === 0 ? 'no-tests' : 'passed';
  return {
    report: { status, ...counts, runner: 'vitest', durationMs: 1, cpuMs: 1, peakMemoryBytes: 1, ...report },
    cases: Object.entries(cases).map(([id, one]) => ({ id, file: 'a.test.ts', name: id, status: one, durationMs: 1, ...(one === 'failed' ? { message: 'no' } : {}) })),
  };
}

export function baseline(cases: { readonly [id: string]: Status }): Evidence {
  return evidence({ kind: 'baseline', tree: 'base', results: { tests: testResults(cases) } });
}

export function tests(cases: { readonly [id: string]: Status }, report: object = {}): Evidence {
  const results = testResults(cases, report);
  const bad = Object.values(cases).some((one) => ['failed', 'errored', 'timed-out'].includes(one));
  return evidence({ kind: 'tests', results, exitCode: bad ? 1 : 0 });
}

export function findings(validator: string, counts: { readonly low?: number; readonly medium?: number; readonly high?: number; readonly critical?: number }, kind = 'findings'): Evidence {
  return evidence({ kind, results: { status: 'measured', validator, findings: [], total: 0, newBySeverity: { low: 0, medium: 0, high: 0, critical: 0, ...counts } } });
}
