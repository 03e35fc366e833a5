import type { TaskWorkspace } from '@fw/agents-core';
import { measureChangedCoverage } from './changed-coverage.ts';
import { toCoverageResults } from './coverage-results.ts';
import type { CoverageResults } from './coverage-results.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { createTestRunner } from './runner.ts';
import type { TestRunnerOptions } from './runner.ts';
import { toTestResults } from './test-results.ts';
import type { TestReport } from './test-report.ts';

export interface MeasureTestsOptions extends TestRunnerOptions {
  readonly coverage?: boolean;
  /** The tree that changed lines are counted against; default the workspace's base. */
  readonly base?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * Runs the workspace's tests as they are now: evidence of kind `tests`, and of kind `coverage` when asked for.
 * The files are the same after it as before.
 */
export async function measureTests(options: MeasureTestsOptions): Promise<readonly Measurement[]> {
  const startedAt = Date.now();
  const { tree, report, coverage } = await runOnTree(options);
  const shared = { tree, startedAt, report, sandbox: report.sandbox };
  return [
    toMeasurement({ ...shared, kind: 'tests', results: toTestResults(report) }),
    ...(coverage === undefined ? [] : [toMeasurement({ ...shared, kind: 'coverage', results: coverage })]),
  ];
}

export interface TreeRun {
  readonly tree: string;
  readonly report: TestReport;
  readonly coverage?: CoverageResults;
}

/** Runs the tests on the workspace's tree and puts the files back if the tests changed any. */
export async function runOnTree(options: MeasureTestsOptions): Promise<TreeRun> {
  const { workspace, coverage = false, base = workspace.base, signal, timeoutMs } = options;
  const tree = await workspace.snapshot();
  try {
    const report = await createTestRunner(options).run({ coverage, ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    return { tree, report, ...(coverage ? { coverage: await coverageResults(workspace, report, base, tree) } : {}) };
  } finally {
    if ((await workspace.snapshot()) !== tree) await workspace.restore(tree);
  }
}

async function coverageResults(workspace: TaskWorkspace, report: TestReport, base: string, tree: string): Promise<CoverageResults> {
  if (report.coverage?.status !== 'measured') return { status: 'unavailable', reason: report.coverage?.reason ?? report.reason ?? 'no test ran' };
  const changes = base === tree ? [] : await workspace.changes(base, tree);
  return toCoverageResults(report.coverage.coverage, await measureChangedCoverage(report.coverage.coverage, changes, workspace, tree));
}
