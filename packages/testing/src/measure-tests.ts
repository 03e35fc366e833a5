import type { TaskWorkspace } from '@fw/agents-core';
import { measureChangedCoverage } from './changed-coverage.ts';
import { toCoverageResults } from './coverage-results.ts';
import type { CoverageResults } from './coverage-results.ts';
import { findFlaky, isBad } from './find-flaky.ts';
import { findHarnessChanges } from './harness-changes.ts';
import type { UndoableChange } from './harness-changes.ts';
import { measureTestChanges } from './measure-test-changes.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { placeReport } from './place-report.ts';
import { runCanary } from './run-canary.ts';
import { runOnCopy } from './run-on-copy.ts';
import { createTestRunner } from './runner.ts';
import type { TestRunnerOptions } from './runner.ts';
import { toTestResults } from './test-results.ts';
import type { TestReport } from './test-report.ts';

export interface MeasureTestsOptions extends TestRunnerOptions {
  readonly coverage?: boolean;
  /** The tree that the change is counted against; default the workspace's base. */
  readonly base?: string;
  /** Hashes of changed test setup that a person approved; other changes of it are undone before the tests run. */
  readonly approved?: readonly string[];
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * Runs the workspace's tests as they are now, on a copy: evidence of kind `tests`, of kind `coverage` when asked for, and
 * of kind `test-changes` when the tree is not the base.
 */
export async function measureTests(options: MeasureTestsOptions): Promise<readonly Measurement[]> {
  const { workspace, base = workspace.base, approved = [] } = options;
  const startedAt = Date.now();
  const tree = await workspace.snapshot();
  const harness = await findHarnessChanges(workspace, base, tree);
  const undo = harness.filter((change) => !approved.includes(change.sha256));
  const { report: first, coverage } = await runOnTree({ ...options, tree, undo });
  const flaky = options.command === undefined ? await findFlaky({ ...options, tree, undo, report: first }) : new Set<string>();
  const report = { ...first, cases: first.cases.map((test) => (flaky.has(test.id) ? { ...test, flaky: true as const } : test)) };
  // Only a run that may be accepted has to be believed.
  const mayPass = report.status === 'passed' || (flaky.size > 0 && report.cases.every((test) => !isBad(test) || flaky.has(test.id)));
  const canary = mayPass && options.command === undefined ? await runCanary({ ...options, tree, base, undo, report }) : undefined;
  const changed = new Set(base === tree ? [] : (await workspace.changes(base, tree)).map(({ file }) => file));
  const shared = { tree, startedAt, report, sandbox: report.sandbox };
  return [
    toMeasurement({ ...shared, kind: 'tests', results: toTestResults(report, { restored: undo.map((change) => change.file), ...(canary === undefined ? {} : { canary }) }, changed) }),
    ...(coverage === undefined ? [] : [toMeasurement({ ...shared, kind: 'coverage', results: coverage })]),
    ...(base === tree ? [] : [await measureTestChanges({ workspace, base, tree, harness })]),
  ];
}

/** Runs the tests on a copy of a tree, with the given files as the base has them. */
export async function runOnTree(options: MeasureTestsOptions & { readonly tree: string; readonly undo: readonly UndoableChange[] }): Promise<{ readonly report: TestReport; readonly coverage?: CoverageResults }> {
  const { workspace, tree, undo, coverage = false, base = workspace.base, signal, timeoutMs } = options;
  return runOnCopy(workspace, tree, undo, async (copy) => {
    const report = await createTestRunner({ ...options, workspace: copy }).run({ coverage, ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    return { report: placeReport(report, copy.root, workspace.root), ...(coverage ? { coverage: await coverageResults(workspace, report, base, tree) } : {}) };
  });
}

async function coverageResults(workspace: TaskWorkspace, report: TestReport, base: string, tree: string): Promise<CoverageResults> {
  if (report.coverage?.status !== 'measured') return { status: 'unavailable', reason: report.coverage?.reason ?? report.reason ?? 'no test ran' };
  const changes = base === tree ? [] : await workspace.changes(base, tree);
  return toCoverageResults(report.coverage.coverage, await measureChangedCoverage(report.coverage.coverage, changes, workspace, tree));
}
