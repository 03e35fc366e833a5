import { createHash } from 'node:crypto';
import type { FileChange, Finding, TaskWorkspace } from '@fw/agents-core';
import { inBatches } from './in-batches.ts';
import { readTests } from './read-tests.ts';
import type { DeclaredTest } from './read-tests.ts';
import { isTestFile } from './test-kind.ts';

/** A test file in which the change took something away. */
export interface WeakenedFile {
  readonly file: string;
  /** Hex SHA-256 of its content now; of `deleted <file>` when it is gone. */
  readonly sha256: string;
  readonly findings: readonly Finding[];
}

/** Compares the tests that changed test files declare with those of the base: deleted, switched off, or checking less. */
export async function findWeakenedTests(workspace: TaskWorkspace, base: string, tree: string): Promise<readonly WeakenedFile[]> {
  const changes = (await workspace.changes(base, tree)).filter((change) => isTestFile(change.file));
  const files = await inBatches(changes, (change) => readBoth(workspace, base, tree, change));
  // A test that another changed file declares now was moved.
  const moved = new Map<string, DeclaredTest>();
  for (const { after, before } of files) for (const test of after) if (!before.some((one) => one.name === test.name)) moved.set(test.name, test);
  return files.flatMap(({ file, sha256, before, after }) => {
    const findings = compare(file, before, after, moved);
    return findings.length === 0 ? [] : [{ file, sha256, findings }];
  });
}

interface TestFileChange {
  readonly file: string;
  readonly sha256: string;
  readonly before: readonly DeclaredTest[];
  readonly after: readonly DeclaredTest[];
}

async function readBoth(workspace: TaskWorkspace, base: string, tree: string, { file, status }: FileChange): Promise<TestFileChange> {
  const show = (at: string): Promise<string | undefined> => workspace.show(at, file).catch(() => undefined);
  const [old, now] = [status === 'added' ? undefined : await show(base), status === 'deleted' ? undefined : await show(tree)];
  const before = old === undefined ? [] : (readTests(old, file) ?? []);
  // A file that cannot be parsed any more declares nothing.
  const after = now === undefined ? [] : (readTests(now, file) ?? []);
  return { file, sha256: createHash('sha256').update(now ?? `deleted ${file}`).digest('hex'), before, after };
}

function compare(file: string, before: readonly DeclaredTest[], after: readonly DeclaredTest[], moved: ReadonlyMap<string, DeclaredTest>): readonly Finding[] {
  const findings: Finding[] = [];
  const say = (rule: string, line: number, message: string): void => {
    findings.push({ source: 'test-changes', rule, category: 'test-integrity', severity: 'high', file, line, message, isNew: true });
  };
  const left = [...after];
  for (const old of before) {
    const at = left.findIndex((test) => test.name === old.name);
    const now = at === -1 ? moved.get(old.name) : left.splice(at, 1)[0];
    if (now === undefined) {
      if (old.idle === undefined) say('test-deleted', 0, `Test "${old.name}", line ${old.line} on the base, is gone.`);
      continue;
    }
    if (now.idle !== undefined && old.idle === undefined) say(`test-${now.idle}`, now.line, `Test "${old.name}" does not run any more: ${now.idle}.`);
    if (now.only && !old.only) say('test-only', now.line, `Test "${old.name}" is marked "only": others do not run.`);
    if (now.idle === undefined && now.assertions < old.assertions) say('assertions-removed', now.line, `Test "${old.name}" checks ${now.assertions} values; on the base it checked ${old.assertions}.`);
  }
  for (const test of left) {
    if (test.only) say('test-only', test.line, `Test "${test.name}" is marked "only": others do not run.`);
    else if (test.idle !== undefined) say(`test-${test.idle}`, test.line, `Test "${test.name}" is new and does not run: ${test.idle}.`);
  }
  return findings;
}
