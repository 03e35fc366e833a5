import { createHash } from 'node:crypto';
import type { FileChange, Finding, TaskWorkspace } from '@fw/agents-core';
import { inBatches } from './in-batches.ts';
import { findSpecialCases } from './find-special-cases.ts';
import type { SpecialCase } from './find-special-cases.ts';
import { isWidened } from './count-assertions.ts';
import { unitsOf } from './read-test-setup.ts';
import type { TestSetup } from './read-test-setup.ts';
import { readTestFile, readTests } from './read-tests.ts';
import type { DeclaredTest } from './read-tests.ts';
import { isSourceFile, isTestFile } from './test-kind.ts';

/** A test file in which the change took something away. */
export interface WeakenedFile {
  readonly file: string;
  /** Hex SHA-256 of its content now; of `deleted <file>` when it is gone. */
  readonly sha256: string;
  readonly findings: readonly Finding[];
}

/** Compares the tests that changed test files declare with those of the base: deleted, switched off, or checking less. */
export async function findWeakenedTests(workspace: TaskWorkspace, base: string, tree: string): Promise<readonly WeakenedFile[]> {
  const all = await workspace.changes(base, tree);
  const changes = all.filter((change) => isTestFile(change.file));
  const files = await inBatches(changes, (change) => readBoth(workspace, base, tree, change));
  // A test that another changed file declares now was moved.
  const moved = new Map<string, DeclaredTest>();
  for (const { after, before } of files) for (const test of after) if (!before.some((one) => one.name === test.name)) moved.set(test.name, test);
  const weakened = files.flatMap(({ file, sha256, before, after, setup }) => {
    const findings = [...compare(file, before, after, moved), ...compareSetup(file, setup)];
    return findings.length === 0 ? [] : [{ file, sha256, findings }];
  });
  return [...weakened, ...(await findFittedCode(workspace, base, tree, all))];
}

interface TestFileChange {
  readonly file: string;
  readonly sha256: string;
  readonly before: readonly DeclaredTest[];
  readonly after: readonly DeclaredTest[];
  readonly setup: { readonly before: TestSetup | undefined; readonly after: TestSetup | undefined };
}

async function readBoth(workspace: TaskWorkspace, base: string, tree: string, { file, status }: FileChange): Promise<TestFileChange> {
  const show = (at: string): Promise<string | undefined> => workspace.show(at, file).catch(() => undefined);
  const [old, now] = [status === 'added' ? undefined : await show(base), status === 'deleted' ? undefined : await show(tree)];
  const before = old === undefined ? undefined : readTestFile(old, file);
  // A file that cannot be parsed any more declares nothing.
  const after = now === undefined ? undefined : readTestFile(now, file);
  return { file, sha256: createHash('sha256').update(now ?? `deleted ${file}`).digest('hex'), before: before?.tests ?? [], after: after?.tests ?? [], setup: { before: before?.setup, after: after?.setup } };
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
    if (now.inverted && !old.inverted) say('test-inverted', now.line, `Test "${old.name}" passes when it fails.`);
    if (now.idle === undefined && now.assertions >= old.assertions && now.exact < old.exact) say('assertions-loosened', now.line, `Test "${old.name}" compares ${now.exact} values with what they should be; on the base it compared ${old.exact}.`);
    if (now.idle === undefined && isWidened(old.bounds, now.bounds)) say('tolerance-widened', now.line, `Test "${old.name}" allows more than on the base: a tolerance or a limit became wider.`);
    if (now.idle === undefined && now.assertions < old.assertions) say('assertions-removed', now.line, `Test "${old.name}" checks ${now.assertions} values; on the base it checked ${old.assertions}.`);
  }
  for (const test of left) {
    if (test.only) say('test-only', test.line, `Test "${test.name}" is marked "only": others do not run.`);
    else if (test.idle !== undefined) say(`test-${test.idle}`, test.line, `Test "${test.name}" is new and does not run: ${test.idle}.`);
  }
  return findings;
}

/** Around the tests: what they are about is replaced, gone, or the process ends as the file decides. */
function compareSetup(file: string, { before, after }: TestFileChange['setup']): readonly Finding[] {
  if (before === undefined || after === undefined) return [];
  const say = (rule: string, message: string): Finding => ({ source: 'test-changes', rule, category: 'test-integrity', severity: 'high', file, line: 0, message, isNew: true });
  const units = unitsOf(file, before);
  const mocked = after.mocks.filter((name) => units.includes(name) && !before.mocks.includes(name));
  const isGone = units.length > 0 && !after.imports.some((name) => name.startsWith('.')) && after.imports.every((name) => before.imports.includes(name));
  return [
    ...mocked.map((name) => say('unit-mocked', `${name}, which these tests are about, is replaced by what the test file says.`)),
    ...(isGone ? [say('unit-gone', `${units.join(', ')}, which these tests are about, is not imported any more.`)] : []),
    ...(after.exits > before.exits ? [say('exit-code', 'The test file ends the process or decides on its exit code.')] : []),
  ];
}

const maxTestFiles = 1_000;

/** Code that answers exactly what tests ask, or whether it is tested, with a fixed value. */
async function findFittedCode(workspace: TaskWorkspace, base: string, tree: string, all: readonly FileChange[]): Promise<readonly WeakenedFile[]> {
  const changed = all.filter(({ file, status, lines }) => status !== 'deleted' && lines.length > 0 && isSourceFile(file));
  const candidates = (await inBatches(changed, async ({ file, lines }) => {
    const text = await workspace.show(tree, file).catch(() => undefined);
    const cases = text === undefined ? [] : findSpecialCases(text, file, new Set(lines));
    return { file, text: text ?? '', cases };
  })).filter(({ cases }) => cases.length > 0);
  if (candidates.length === 0) return [];
  // Values that the code had before were not fitted to a test now.
  const old = (await inBatches(all.filter(({ file, status }) => status !== 'added' && isSourceFile(file)), async ({ file }) => (await workspace.show(base, file).catch(() => undefined)) ?? '')).join('\n');
  const testFiles = (await workspace.files(tree)).filter(isTestFile).slice(0, maxTestFiles);
  const tests = (await inBatches(testFiles, async (file) => readTests((await workspace.show(tree, file).catch(() => undefined)) ?? '', file) ?? [])).flat();
  return candidates.flatMap(({ file, text, cases }) => {
    const fitted = cases.filter((one) => one.rule === 'test-detection' || isFitted(one, tests, old));
    if (fitted.length === 0) return [];
    return [{ file, sha256: createHash('sha256').update(text).digest('hex'), findings: fitted.map(({ rule, line, inputs, result }): Finding => ({
      source: 'test-changes', rule, category: 'test-integrity', severity: 'high', file, line, isNew: true,
      message: rule === 'test-detection' ? 'The code gives a fixed answer when it is tested.' : `The code answers ${inputs.map((input) => JSON.stringify(input)).join(', ')} with ${JSON.stringify(result)}, as a test asks and expects it.`,
    })) }];
  });
}

function isFitted({ inputs, result }: SpecialCase, tests: readonly DeclaredTest[], old: string): boolean {
  const isOld = [...inputs, result].every((value) => old.includes(String(value)));
  return !isOld && result !== undefined && tests.some(({ literals }) => literals.has(result) && inputs.every((input) => literals.has(input)));
}
