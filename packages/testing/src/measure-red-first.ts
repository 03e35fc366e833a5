import type { FileChange, TaskWorkspace } from '@fw/agents-core';
import { baselineResultsSchema } from './baseline.ts';
import { clip } from './clip.ts';
import { findHarnessChanges } from './harness-changes.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { classifyRed } from './red-on-base.ts';
import type { ChangeContext } from './red-on-base.ts';
import type { RedFirstResults, RedOnBase } from './red-first-results.ts';
import { createTestRunner } from './runner.ts';
import { inTestFolder, isTestFile } from './test-kind.ts';
import { testResultsSchema } from './test-results.ts';
import type { TestResults } from './test-results.ts';
import type { TestReport } from './test-report.ts';

export interface MeasureRedFirstOptions {
  readonly workspace: TaskWorkspace;
  readonly base: string;
  /** Evidence of kind `baseline` for the base tree. */
  readonly baseline: Measurement;
  /** Evidence of kind `tests` for the changed tree. */
  readonly head: Measurement;
  /** Hashes of changed test setup that a person approved; other changes of it are not brought to the base. */
  readonly approved?: readonly string[];
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Runs the change's tests over the code before the change, and records for each new case whether and how it failed there. */
export async function measureRedFirst(options: MeasureRedFirstOptions): Promise<Measurement> {
  const { workspace, base, head } = options;
  const startedAt = Date.now();
  const baseline = baselineResultsSchema.safeParse(options.baseline.results).data?.tests;
  const tests = testResultsSchema.safeParse(head.results).data;
  const done = (results: RedFirstResults, report?: TestReport): Measurement =>
    toMeasurement({ kind: 'red-first', tree: head.tree, startedAt, results, sandbox: report?.sandbox ?? head.sandbox, ...(report === undefined ? {} : { report }) });
  if (baseline === undefined || tests === undefined) return done({ status: 'unavailable', reason: 'the tests of base and change could not be compared' });

  const changes = await workspace.changes(base, head.tree);
  const harness = await findHarnessChanges(workspace, base, head.tree);
  const approved = harness.filter((change) => options.approved?.includes(change.sha256)).map((change) => change.file);
  const setup = new Map(harness.map((change) => [change.file, approved.includes(change.file)]));
  const candidates = newCases(baseline, tests, changes);
  if (candidates.length === 0) return done({ status: 'unavailable', reason: 'the change has no new or changed test that passes' });
  const copy = await workspace.checkout(base);
  try {
    const skipped = await bringTests(workspace, head.tree, changes.filter((change) => setup.get(change.file) ?? (isTestFile(change.file) || inTestFolder(change.file))), copy);
    if (skipped !== undefined) return done({ status: 'unavailable', reason: skipped });
    // TAP names no files: then all tests run.
    const files = candidates.some((test) => test.file === '') ? [] : [...new Set(candidates.map((test) => test.file))];
    const { signal, timeoutMs } = options;
    const report = await createTestRunner({ workspace: copy }).run({ files, ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    if (report.cases.length === 0) return done({ status: 'unavailable', reason: clip(`the tests did not run on the base: ${report.reason ?? report.status}`, 2_000) }, report);
    const cases = await Promise.all(candidates.map(async (test) => ({ id: test.id, ...(await onBase(test, report, { workspace, changes, base, tree: head.tree, root: copy.root })) })));
    return done({ status: 'measured', cases: cases.slice(0, 2_000), red: cases.filter((test) => isRed(test.onBase)).length, total: cases.length }, report);
  } finally {
    await copy.close();
  }
}

type Case = TestResults['cases'][number];

/** Cases that pass now and are new, were not passing before, or stand in a test file that changed. */
function newCases(baseline: TestResults, head: TestResults, changes: readonly FileChange[]): readonly Case[] {
  const before = new Map(baseline.cases.map((test) => [test.id, test.status]));
  const changed = new Set(changes.map((change) => change.file));
  // With a cut baseline an unlisted case may be an old one: only files that changed can then hold new ones.
  const isNew = (test: Case): boolean => (baseline.cut === undefined ? before.get(test.id) !== 'passed' : before.has(test.id) && before.get(test.id) !== 'passed');
  return head.cases.filter((test) => test.status === 'passed' && (isNew(test) || changed.has(test.file)));
}

/** Writes the change's tests, helpers and fixtures over the base; says why when that cannot be done. */
async function bringTests(workspace: TaskWorkspace, tree: string, changes: readonly FileChange[], copy: TaskWorkspace): Promise<string | undefined> {
  for (const change of changes) {
    if (change.status === 'deleted') {
      await copy.remove(change.file);
      continue;
    }
    const content = await workspace.show(tree, change.file).catch(() => undefined);
    if (content === undefined) return `${change.file}, which belongs to the tests, is not text and could not be brought to the base`;
    await copy.write(change.file, content);
  }
  return undefined;
}

async function onBase(test: Case, report: TestReport, context: ChangeContext): Promise<{ readonly onBase: RedOnBase; readonly message?: string }> {
  const found = report.cases.find((one) => one.id === test.id) ?? report.cases.find((one) => one.file === test.file && one.status === 'errored');
  if (found === undefined || found.status === 'skipped' || found.status === 'todo') return { onBase: 'unknown' };
  if (found.status === 'passed') return { onBase: 'green' };
  return { onBase: await classifyRed(found, context), message: clip(found.message ?? '', 2_000) };
}

function isRed(onBase: RedOnBase): boolean {
  return onBase === 'assertion' || onBase === 'missing' || onBase === 'crash';
}
