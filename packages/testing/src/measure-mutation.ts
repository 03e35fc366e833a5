import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { FileChange, TaskWorkspace } from '@fw/agents-core';
import { clip } from './clip.ts';
import { findHarnessChanges } from './harness-changes.ts';
import { makeMutants } from './make-mutants.ts';
import type { MutableFile } from './make-mutants.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import type { MutationResults } from './mutation-results.ts';
import { findOptionalPeer, installLine } from './optional-peer.ts';
import { otherLanguages } from './other-languages.ts';
import { placeReport } from './place-report.ts';
import type { Policy } from './policy.ts';
import { knownOutcomes } from './known-outcomes.ts';
import { runMutants } from './run-mutants.ts';
import { runOnCopy } from './run-on-copy.ts';
import { createTestRunner } from './runner.ts';
import { isSourceFile } from './test-kind.ts';
import type { TestReport } from './test-report.ts';

export interface MeasureMutationOptions {
  readonly workspace: TaskWorkspace;
  readonly base: string;
  readonly head: string;
  readonly policy: Policy['mutation'];
  /** Evidence of kind `mutation` of an earlier tree: where only tests were changed since, what it says is not measured again. */
  readonly earlier?: Measurement;
  /** Hashes of changed test setup that a person approved. */
  readonly approved?: readonly string[];
  readonly signal?: AbortSignal;
  /** For each run of the tests. */
  readonly timeoutMs?: number;
  /** A file beside which Stryker's instrumenter is installed; this one by default. */
  readonly beside?: string;
}

const instrumenter = '@stryker-mutator/instrumenter';
const maxFiles = 200;

/**
 * Changes the lines that a change added or edited, one small thing at a time, and runs the project's own tests on each:
 * evidence of kind `mutation`. Stryker's instrumenter says what is changed; it is never looked for in the workspace.
 * @throws the signal's reason when it was aborted.
 */
export async function measureMutation(options: MeasureMutationOptions): Promise<Measurement> {
  const { workspace, base, head, policy, approved = [], signal, timeoutMs } = options;
  const startedAt = Date.now();
  const peer = findOptionalPeer(instrumenter, options.beside);
  const done = (results: MutationResults, report?: TestReport): Measurement => {
    const measured = toMeasurement({ kind: 'mutation', tree: head, startedAt, results, sandbox: report?.sandbox ?? workspace.sandbox, ...(report === undefined ? {} : { report }) });
    return peer === undefined ? measured : { ...measured, toolVersions: { ...measured.toolVersions, [instrumenter]: peer.version } };
  };
  if (base === head) return done({ status: 'unavailable', reason: 'nothing was changed' });
  const changes = (await workspace.changes(base, head)).filter(({ status }) => status !== 'deleted');
  const sources = changes.filter(({ file, lines }) => isSourceFile(file) && /\.[cm]?[jt]sx?$/.test(file) && lines.length > 0);
  const others = otherLanguages(changes.map(({ file }) => file));
  if (sources.length === 0 && others.length > 0) return done({ status: 'unavailable', reason: `mutants are made of JavaScript and TypeScript alone; the change is in ${others.join(', ')}` });
  if (peer === undefined) return done({ status: 'unavailable', reason: `Stryker's instrumenter is not there; ${installLine([instrumenter])}` });
  const undo = (await findHarnessChanges(workspace, base, head)).filter((change) => !approved.includes(change.sha256));
  const limits = { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return runOnCopy(workspace, head, undo, async (copy) => {
    const files = await readSources(copy, sources.slice(0, maxFiles));
    const made = files.length === 0 ? { mutants: [], left: 0, unread: [] } : await makeMutants(copy, peer, files, { exclude: policy.exclude, signal });
    if (typeof made === 'string') return done({ status: 'inconclusive', reason: clip(made, 2_000) });
    const read = new Set(files.map(({ file }) => file));
    const unread = [...sources.filter(({ file }) => !read.has(file)).map(({ file }) => file), ...made.unread, ...others];
    const said = { left: made.left, unread: unread.slice(0, 100) };
    if (made.mutants.length === 0) return done({ status: 'measured', mutants: [], ...said });

    const tree = await copy.snapshot();
    const report = placeReport(await runControl(copy, files, limits), copy.root, workspace.root);
    if (report.status !== 'passed') return done({ status: 'inconclusive', reason: clip(`the tests do not pass on the changed code with no more than a comment added to it, so a failure shows nothing: ${report.reason ?? whatFailed(report)}`, 2_000) }, report);
    const known = await knownOutcomes({ workspace, earlier: options.earlier, head, report });
    const mutants = await runMutants({ copy, tree, files, mutants: made.mutants, known, report, endsAt: Date.now() + policy.timeMs, workers: workersFor(workspace), ...limits });
    return done({ status: 'measured', mutants, ...said }, report);
  });
}

async function readSources(copy: TaskWorkspace, changes: readonly FileChange[]): Promise<readonly MutableFile[]> {
  const files: MutableFile[] = [];
  for (const { file, lines } of changes) {
    const content = await copy.read(file).catch(() => undefined);
    if (content !== undefined && content.length <= 500_000) files.push({ file, content, lines });
  }
  return files;
}

/** A test that fails when anything at all is changed, such as one that compares the code's text, would notice every mutant. */
async function runControl(copy: TaskWorkspace, files: readonly MutableFile[], limits: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<TestReport> {
  for (const { file, content } of files) await copy.write(file, `${content}${content.endsWith('\n') ? '' : '\n'}// ${randomBytes(8).toString('hex')}\n`);
  return createTestRunner({ workspace: copy }).run(limits);
}

function whatFailed({ status, cases }: TestReport): string {
  const failing = cases.filter((test) => test.status !== 'passed' && test.status !== 'skipped' && test.status !== 'todo').map(({ id }) => id);
  return failing.length === 0 ? `they are ${status}` : `${failing.slice(0, 3).join('; ')}${failing.length > 3 ? ` and ${failing.length - 3} more` : ''}`;
}

/** Without a sandbox, runs at the same time could meet on a port or in a folder. */
function workersFor({ sandbox }: TaskWorkspace): number {
  return sandbox.startsWith('none') ? 1 : Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)));
}
