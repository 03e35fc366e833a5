import type { TaskWorkspace } from '@fw/agents-core';
import { findHarnessChanges } from './harness-changes.ts';
import { inBatches } from './in-batches.ts';
import { inTestFolder, isTestFile } from './test-kind.ts';

export interface RestoredTests {
  /** Files that are again as `base` has them, removed ones included; sorted. */
  readonly restored: readonly string[];
  /** Changed ones that are no text, so that they are as the change has them. */
  readonly kept: readonly string[];
}

/**
 * Makes a changed workspace's tests, what they bring along and what decides how they run as `base` has them; the code
 * under test stays as it is. Tests that the change added are removed. Of `package.json` only the scripts and the
 * settings of runners are put back.
 * @param base A tree of this workspace, with the tests that count.
 */
export async function restoreTests(workspace: TaskWorkspace, base: string): Promise<RestoredTests> {
  const tree = await workspace.snapshot();
  const undo = new Map((await findHarnessChanges(workspace, base, tree)).map(({ file, before }) => [file, before]));
  const changes = base === tree ? [] : await workspace.changes(base, tree);
  const ofTests = changes.filter(({ file, status }) => !undo.has(file) && (isTestFile(file) || (status !== 'added' && inTestFolder(file))));
  const before = await inBatches(ofTests, async ({ file, status }) => (status === 'added' ? null : workspace.show(base, file).catch(() => undefined)));
  for (const [index, { file }] of ofTests.entries()) undo.set(file, before[index]);
  for (const [file, before] of undo) {
    if (before === undefined) continue;
    // A link must not be written through.
    await workspace.remove(file).catch(() => undefined);
    if (before !== null) await workspace.write(file, before);
  }
  const files = (isKept: boolean): readonly string[] => [...undo].flatMap(([file, before]) => ((before === undefined) === isKept ? [file] : [])).sort();
  return { restored: files(false), kept: files(true) };
}
