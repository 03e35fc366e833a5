import { createHash } from 'node:crypto';
import type { Evidence, TaskWorkspace } from '@fw/agents-core';
import { findWeakenedTests } from '@fw/testing';
import type { TestCase, TestReport } from '@fw/testing';

/** What a change has done to the tests so far. */
export interface ChangedTests {
  /** Tests that the base does not have, those that failed first. */
  readonly added: readonly AddedTest[];
  /** Hex SHA-256 of their files' text, as it was run. */
  readonly hashes: { readonly [file: string]: string };
  /** Existing tests that are gone, off, or check less; known after a run of all tests. */
  readonly touched: readonly { readonly file: string; readonly what: string }[];
}

interface AddedTest {
  readonly id: string;
  readonly file: string;
  readonly status: TestCase['status'];
  /** Of one that did not pass. */
  readonly failure?: FailureKind;
}

/** `missing`: something it imports or calls is not there; `error`: something was thrown. */
export type FailureKind = 'assertion' | 'missing' | 'syntax' | 'timeout' | 'error';

export interface ChangedTestsOptions {
  readonly workspace: TaskWorkspace;
  /** Of each repetition. */
  readonly reports: readonly TestReport[];
  readonly baseline: Evidence | undefined;
  readonly isWhole: boolean;
}

const most = 200;

/** Undefined where it is not known which tests the base has. */
export async function changedTests({ workspace, reports, baseline, isWhole }: ChangedTestsOptions): Promise<ChangedTests | undefined> {
  const base = (baseline?.results as { readonly tests?: BaseTests } | undefined)?.tests;
  if (base === undefined || !['passed', 'failed', 'no-tests'].includes(base.report?.status ?? '')) return undefined;
  const before = new Map(base.cases.map((test) => [test.id, test]));
  // Of a list that was cut only a file that is new can be told to hold new tests.
  const old = base.cut === undefined ? undefined : new Set(await workspace.files(workspace.base));
  const now = worstOf(reports);
  const added = now.filter((test) => !before.has(test.id) && old?.has(test.file) !== true);
  const chosen = [...added.filter(isBad), ...added.filter((test) => !isBad(test))].slice(0, most);
  const touched = isWhole ? await findTouched(workspace, base, reports) : [];
  return { added: chosen.map(toAdded), hashes: await hashesOf(workspace, chosen), touched };
}

/** Why a test did not pass, by what it says. */
export function failureOf({ failure, status, message = '' }: Pick<TestCase, 'failure' | 'status' | 'message'>): FailureKind {
  if (failure === 'assertion') return 'assertion';
  if (status === 'timed-out') return 'timeout';
  if (/Cannot find (module|package)|Failed to resolve import|does not provide an export|is not a (function|constructor)|is not (exported|defined)|No module named|cannot import name|has no attribute/.test(message)) return 'missing';
  return /SyntaxError|ParseError|Transform failed|IndentationError/.test(message) ? 'syntax' : 'error';
}

interface BaseTests {
  readonly report?: { readonly status?: string };
  readonly cases: readonly { readonly id: string; readonly file: string; readonly status: string }[];
  readonly cut?: unknown;
}

/** A test that failed in one repetition has failed. */
function worstOf(reports: readonly TestReport[]): readonly TestCase[] {
  const tests = new Map<string, TestCase>();
  for (const { cases } of reports) for (const test of cases) if (!tests.has(test.id) || isBad(test)) tests.set(test.id, test);
  return [...tests.values()];
}

function isBad({ status }: Pick<TestCase, 'status'>): boolean {
  return status === 'failed' || status === 'errored' || status === 'timed-out';
}

function toAdded(test: TestCase): AddedTest {
  const { id, file, status } = test;
  return { id, file, status, ...(isBad(test) && { failure: failureOf(test) }) };
}

async function hashesOf(workspace: TaskWorkspace, tests: readonly TestCase[]): Promise<{ readonly [file: string]: string }> {
  const files = [...new Set(tests.map((test) => test.file))];
  const hashed = await Promise.all(files.map(async (file) => [file, await workspace.read(file).then((text) => createHash('sha256').update(text).digest('hex'), () => undefined)] as const));
  return Object.fromEntries(hashed.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** By the ids that ran, and by what the files declare. */
async function findTouched(workspace: TaskWorkspace, base: BaseTests, reports: readonly TestReport[]): Promise<ChangedTests['touched']> {
  const now = new Map(reports.at(-1)!.cases.map((test) => [test.id, test.status]));
  const files = new Set(await workspace.files(await workspace.snapshot()));
  const tests = base.cases.filter(({ status }) => status === 'passed');
  // A file that could not be loaded has lost its tests for another reason, which the run says.
  const broken = new Set(reports.at(-1)!.cases.filter((test) => test.status === 'errored').map((test) => test.file));
  const off = tests.flatMap(({ id, file }) => {
    const status = now.get(id);
    if (status === 'skipped' || status === 'todo') return [{ file, what: `${id} is skipped now.` }];
    return status === undefined && !broken.has(file) ? [{ file, what: files.has(file) ? `${id} does not run any more.` : `${id} is gone with its file.` }] : [];
  });
  const weaker = (await findWeakenedTests(workspace, workspace.base, await workspace.snapshot()))
    .flatMap(({ findings }) => findings.filter(({ rule }) => rule === 'assertions-removed' || rule === 'test-only'))
    .map(({ file, message }) => ({ file, what: `${file}: ${message}` }));
  return [...off, ...weaker].slice(0, most);
}
