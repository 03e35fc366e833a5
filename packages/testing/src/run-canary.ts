import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import type { FileChange, TaskWorkspace } from '@fw/agents-core';
import { canaryText } from './canary-text.ts';
import type { UndoableChange } from './harness-changes.ts';
import { mentionsFile } from './mentions-file.ts';
import { runOnCopy } from './run-on-copy.ts';
import { createTestRunner } from './runner.ts';
import { runnerOfTest } from './runner-of-test.ts';
import { isSourceFile, isTestFile } from './test-kind.ts';
import type { TestReport } from './test-report.ts';

/** Whether the project's runner told the truth about tests whose outcome we know. */
export interface CanaryOutcome {
  readonly status: 'held' | 'misreported' | 'not-run';
  readonly reason?: string;
  /** Test files that had canaries in them. */
  readonly files: number;
}

export interface CanaryOptions {
  readonly workspace: TaskWorkspace;
  readonly tree: string;
  readonly base: string;
  readonly undo: readonly UndoableChange[];
  /** The run of all tests that is to be believed. */
  readonly report: TestReport;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * Runs tests of random names once more in the project's own runner: in a file of their own, and at the end of the test
 * files that the change can have reached, so that what those load has been loaded.
 */
export async function runCanary(options: CanaryOptions): Promise<CanaryOutcome> {
  const { workspace, tree, undo, report, signal, timeoutMs } = options;
  const name = `canary${randomBytes(8).toString('hex')}`;
  return runOnCopy(workspace, tree, undo, async (copy) => {
    const planted = await plant(options, copy, name);
    if (planted.length === 0) return { status: 'not-run', reason: `no canary can be put into tests of ${report.runner} here`, files: 0 };
    const run = await createTestRunner({ workspace: copy }).run({
      files: planted.map((one) => one.file), ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    if (run.cases.length === 0 && run.status !== 'timed-out' && planted.every((one) => one.own)) {
      return { status: 'not-run', reason: 'the runner takes no test file beside the project\'s own', files: 0 };
    }
    const wrong = planted.map((one) => misreported(run, one)).filter((reason) => reason !== undefined);
    if (wrong.length > 0) return { status: 'misreported', reason: wrong.slice(0, 5).join('; '), files: planted.length };
    return { status: 'held', files: planted.length };
  });
}

interface Planted {
  readonly file: string;
  readonly name: string;
  /** The file holds nothing else. */
  readonly own: boolean;
}

const maxFiles = 20;

async function plant(options: CanaryOptions, copy: TaskWorkspace, name: string): Promise<readonly Planted[]> {
  const { workspace, tree, base, report } = options;
  const changes = base === tree ? [] : (await workspace.changes(base, tree)).filter((change) => change.status !== 'deleted');
  const all = await workspace.files(tree);
  const ran = new Set(report.cases.filter((test) => test.status === 'passed').map((test) => test.file));
  const texts = new Map<string, string>();
  for (const file of all.filter((one) => ran.has(one) || isTestFile(one)).slice(0, 2_000)) texts.set(file, await copy.read(file).catch(() => ''));
  const runners = report.runner.split('+');
  const planted: Planted[] = [];
  const add = async (file: string, text: string, runner: string, own: boolean): Promise<void> => {
    const each = `${name}x${planted.length}`;
    const canary = canaryText(runner, { file, isModule: await isModule(copy, file), name: each });
    if (canary === undefined) return;
    await copy.write(file, text + canary);
    planted.push({ file, name: each, own });
  };
  for (const runner of runners) {
    const mine = [...texts].filter(([, text]) => runners.length === 1 || runnerOfTest(text, runners) === runner);
    const neighbour = mine.find(([file]) => ran.has(file)) ?? mine.find(([, text]) => text.includes(runner));
    if (neighbour !== undefined) await add(besideOf(neighbour[0], `${name}x${planted.length}`), '', runner, true);
  }
  if (planted.length === 0) return [];
  for (const [file, text] of texts) {
    if (planted.length >= maxFiles) break;
    const runner = runnerOfTest(text, runners);
    if (mentionsChange(file, text, changes) && (ran.has(file) || usesRunner(text, runner))) await add(file, text, runner, false);
  }
  return planted;
}

/** A changed test file, or one that names a changed file of the code. */
function mentionsChange(file: string, text: string, changes: readonly FileChange[]): boolean {
  return changes.some((change) => change.file === file || ((isSourceFile(change.file) || !isTestFile(change.file)) && mentionsFile(text, change.file)));
}

/** A file whose tests never reported may be one that ends its process first; a plain script has no tests to report. */
function usesRunner(text: string, runner: string): boolean {
  return text.includes(runner) || (['jest', 'mocha'].includes(runner) && /\b(test|it)\(/.test(text));
}

/** A file name beside another that matches whatever pattern that one was found by. */
function besideOf(file: string, name: string): string {
  const parts = /^(test[-_])?.*?((?:[._-](?:test|spec|tests|e2e|integration|unit|bench))*\.[^.]+)$/.exec(posix.basename(file));
  return posix.join(posix.dirname(file), `${parts?.[1] ?? ''}${name}${parts?.[2] ?? posix.extname(file)}`);
}

async function isModule(copy: TaskWorkspace, file: string): Promise<boolean> {
  if (/\.c[jt]s$/.test(file)) return false;
  if (!/\.js$/.test(file)) return true;
  for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
    const text = await copy.read(posix.join(folder, 'package.json')).catch(() => undefined);
    if (text !== undefined) return /"type"\s*:\s*"module"/.test(text);
    if (folder === '.') return false;
  }
}

function misreported(run: TestReport, { file, name, own }: Planted): string | undefined {
  const statusOf = (what: string): string => run.cases.find((test) => test.name.includes(`${name} ${what}`) || test.name.includes(`${name}_${what}`))?.status ?? 'not at all';
  const failing = statusOf('fails');
  if (failing !== 'failed' && failing !== 'errored') return `in ${own ? 'a file of its own' : file}, a test that has to fail was reported ${failing}${run.reason === undefined ? '' : ` (${run.reason})`}`;
  // Hooks of a file that is there already may well make a test fail that is not theirs.
  return own && statusOf('passes') !== 'passed' ? `in a file of its own, a test that has to pass was reported ${statusOf('passes')}` : undefined;
}
