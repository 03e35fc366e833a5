import type { Finding, TaskWorkspace } from '@fw/agents-core';
import { findWeakenedTests } from './find-weakened-tests.ts';
import { toFindingsResults } from './findings-results.ts';
import type { HarnessChange } from './harness-changes.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import type { TestChangesResults } from './test-changes-results.ts';

/** What the change did to the tests' setup, and where it made tests weaker: evidence of kind `test-changes`. */
export async function measureTestChanges(options: { readonly workspace: TaskWorkspace; readonly base: string; readonly tree: string; readonly harness: readonly HarnessChange[] }): Promise<Measurement> {
  const { workspace, base, tree, harness } = options;
  const startedAt = Date.now();
  const setup = harness.map(({ file, sha256 }): Finding => ({
    source: 'test-changes', rule: 'test-setup-changed', category: 'test-integrity', severity: 'high', file, line: 0, isNew: true,
    message: `It takes part in how tests run, and was changed: the tests ran with what the base has, unless a person approves sha256 ${sha256}.`,
  }));
  const weakened = await findWeakenedTests(workspace, base, tree);
  const files = [...harness.map(({ file, sha256 }) => ({ file, sha256, is: 'setup' as const })), ...weakened.map(({ file, sha256 }) => ({ file, sha256, is: 'weakened' as const }))];
  const findings = [...setup, ...weakened.flatMap((file) => file.findings.map((finding) => ({ ...finding, message: `${finding.message} A person may approve sha256 ${file.sha256}.` })))];
  const results: TestChangesResults = { ...toFindingsResults('test-changes', findings), files: files.slice(0, 1_000) };
  return toMeasurement({ kind: 'test-changes', tree, startedAt, results, sandbox: 'none: it ran in this process' });
}
