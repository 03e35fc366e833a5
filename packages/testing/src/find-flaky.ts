import type { TaskWorkspace } from '@fw/agents-core';
import type { UndoableChange } from './harness-changes.ts';
import { runOnCopy } from './run-on-copy.ts';
import { createTestRunner } from './runner.ts';
import type { TestCase, TestReport } from './test-report.ts';

const most = 20;

/** Runs the tests that did not pass once more, alone, and gives the ids of those that then passed. */
export async function findFlaky(options: { readonly workspace: TaskWorkspace; readonly tree: string; readonly undo: readonly UndoableChange[]; readonly report: TestReport; readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<ReadonlySet<string>> {
  const { workspace, tree, undo, report, signal, timeoutMs } = options;
  const bad = report.cases.filter(isBad);
  // A change that breaks everything is not flaky, and results without files cannot be run again one by one.
  if (report.status !== 'failed' || report.runner === 'unknown' || bad.length > most || bad.some((test) => test.file === '')) return new Set();
  const names = bad.some((test) => test.status === 'errored') ? [] : bad.map((test) => test.name);
  const again = await runOnCopy(workspace, tree, undo, (copy) =>
    createTestRunner({ workspace: copy }).run({ files: [...new Set(bad.map((test) => test.file))], names, ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) }));
  const passed = new Set(again.cases.filter((test) => test.status === 'passed').map((test) => test.id));
  return new Set(bad.filter((test) => passed.has(test.id)).map((test) => test.id));
}

export function isBad(test: Pick<TestCase, 'status'>): boolean {
  return test.status === 'failed' || test.status === 'errored' || test.status === 'timed-out';
}
