import type { TaskWorkspace } from '@fw/agents-core';
import { findHarnessChanges } from './harness-changes.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { placeReport } from './place-report.ts';
import { readSealedFiles } from './read-sealed-files.ts';
import { runOnCopy } from './run-on-copy.ts';
import { createTestRunner } from './runner.ts';
import type { SealResults } from './seal-results.ts';
import { isTestFile } from './test-kind.ts';

export interface MeasureSealOptions {
  readonly workspace: TaskWorkspace;
  readonly base: string;
  readonly head: string;
  /** A folder with acceptance tests as they would lie in the project, outside of what the change can write. */
  readonly sealed: string;
  /** Hashes of changed test setup that a person approved. */
  readonly approved?: readonly string[];
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * Runs acceptance tests that the change has not seen, on a copy of its tree and in processes of their own: evidence of
 * kind `seal`. They replace files of the same names; the test setup is the base's.
 * @throws TestingError `FW_TESTING_SEALED` for a folder that cannot be used; the signal's reason when aborted.
 */
export async function measureSeal(options: MeasureSealOptions): Promise<Measurement> {
  const { workspace, base, head, approved = [], signal, timeoutMs } = options;
  const startedAt = Date.now();
  const { files, sha256 } = await readSealedFiles(options.sealed);
  const tests = [...files.keys()].filter(isTestFile);
  const undo = (await findHarnessChanges(workspace, base, head)).filter((change) => !approved.includes(change.sha256));
  const report = await runOnCopy(workspace, head, undo, async (copy) => {
    for (const [file, content] of files) {
      // A link must not be written through.
      await copy.remove(file).catch(() => undefined);
      await copy.write(file, content);
    }
    return placeReport(await createTestRunner({ workspace: copy }).run({ files: tests, ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) }), copy.root, workspace.root);
  });
  const failed = report.failed + report.errored + report.timedOut;
  const results: SealResults = tests.length === 0
    ? { status: 'no-tests', reason: 'none of the sealed files is a test by its name', passed: 0, failed: 0, sha256 }
    : { status: report.status, ...(report.reason === undefined ? {} : { reason: `the run of the sealed tests is ${report.status}` }), passed: report.passed, failed, sha256 };
  return { ...toMeasurement({ kind: 'seal', tree: head, startedAt, report, results, sandbox: report.sandbox }), digests: {} };
}
