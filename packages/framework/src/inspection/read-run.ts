import { readSnapshots } from '@fw/workspace';
import type { JournalStore } from '@fw/workflow';
import { FrameworkError } from '../framework-error.ts';
import { renderRunHtml } from '../html-report/render-run-html.ts';
import type { HtmlReport } from '../html-report/render-run-html.ts';
import type { RecentUse, RunLogLine, RunStep } from '../framework.ts';
import { nearestStorage } from '../nearest-storage.ts';
import type { RunBook } from '../run-book.ts';
import { attemptsIn } from '../run-projection.ts';
import type { PlacedEntry } from '../run-projection.ts';
import { readContributionUse, sumUses } from './contribution-use.ts';
import type { ContributionUse } from './contribution-use.ts';
import { argumentsOf, isStepOk, summarizeStep } from './describe-step.ts';
import { readDiff } from './file-diff.ts';
import type { FileDiff } from './file-diff.ts';
import { inspectRun } from './inspect-run.ts';
import type { RunInspection } from './inspect-run.ts';
import { readReceipts } from './receipts.ts';
import type { RunReceipt } from './receipts.ts';

export interface ReadRun {
  readonly book: RunBook;
  readonly store: JournalStore;
}

export async function inspect(id: string, { book, store }: ReadRun): Promise<RunInspection> {
  const record = await book.require(id);
  return inspectRun(await book.details(id), record, await readPlaced(id, 0, { book, store }));
}

/** What settled, step by step, without contents. */
export async function readLog(id: string, after: number, { book, store }: ReadRun): Promise<readonly RunLogLine[]> {
  await book.require(id);
  return (await readPlaced(id, after, { book, store })).map(lineOf);
}

export async function readStep(id: string, seq: number, { book, store }: ReadRun): Promise<RunStep> {
  await book.require(id);
  const entries = await readPlaced(id, 0, { book, store });
  const placed = entries.find(({ entry }) => entry.seq === seq);
  if (placed === undefined) throw new FrameworkError('FW_PLACE_UNKNOWN', { message: `Run "${id}" has no entry ${String(seq)}; its last one is ${String(entries.length)}.` });
  return { ...lineOf(placed), output: placed.output ?? null, arguments: argumentsOf(placed, entries) ?? null };
}

/** Of trees that the run's journal names, and of no others. */
export async function diffRun(id: string, { from, to }: { readonly from?: string; readonly to?: string }, { book, store }: ReadRun): Promise<readonly FileDiff[]> {
  await book.require(id);
  const trees = (await store.read(id)).flatMap(({ tree }) => (tree === undefined ? [] : [tree]));
  const snapshots = await readSnapshots({ storage: await nearestStorage(id, book) });
  for (const tree of [from, to]) {
    if (tree !== undefined && tree !== snapshots.base && !trees.includes(tree)) throw new FrameworkError('FW_PLACE_UNKNOWN', { message: `Run "${id}" never had the files "${tree.slice(0, 100)}"; "fw logs ${id}" names those that it had.` });
  }
  return readDiff(snapshots, from ?? snapshots.base, to ?? trees.at(-1) ?? snapshots.base);
}

export async function reportRun(id: string, reading: ReadRun): Promise<HtmlReport> {
  const run = await inspect(id, reading);
  // Files of a run may be gone when its journal is not.
  const between = (from: string | null, to: string | null): Promise<readonly FileDiff[]> => (from === null || to === null || from === to ? Promise.resolve([]) : diffRun(id, { from, to }, reading).catch(() => []));
  const diffs: (readonly FileDiff[])[] = [];
  for (const { before, after } of run.revisions) diffs.push(await between(before, after));
  return renderRunHtml({ run, diffs, diff: await between(run.revisions[0]?.before ?? null, run.revisions.at(-1)?.after ?? null) });
}

const mostReceipts = 1_000;

export async function readUse(most: number, { book, store }: ReadRun): Promise<RecentUse> {
  const receipts: RunReceipt[] = [];
  const uses: ContributionUse[] = [];
  let runs = 0;
  for await (const { id, forkedFrom } of store.list()) {
    if (runs >= most) break;
    runs += 1;
    const own = (await readPlaced(id, forkedFrom?.entries ?? 0, { book, store }));
    receipts.push(...readReceipts(own));
    uses.push(...readContributionUse(own));
  }
  return { runs, receipts: receipts.sort((left, right) => right.startedAt - left.startedAt).slice(0, mostReceipts), contributions: sumUses(uses) };
}

async function readPlaced(id: string, after: number, { book, store }: ReadRun): Promise<readonly PlacedEntry[]> {
  return Promise.all((await store.read(id, after)).map((entry) => book.place(entry)));
}

function lineOf(placed: PlacedEntry): RunLogLine {
  const { entry, state, visit, agent, step } = placed;
  const [summary, ok, attempts] = [summarizeStep(placed), isStepOk(placed), attemptsIn(placed)];
  return {
    seq: entry.seq, at: entry.at, key: entry.key, kind: entry.kind, origin: entry.origin, state, visit: state === '' ? 0 : visit, agent, step, attempt: entry.attempt,
    ...(attempts.length > 0 && { attempts }),
    ...(entry.tree !== undefined && { tree: entry.tree }),
    ...(summary !== undefined && summary !== '' && { summary }), ...(ok !== undefined && { ok }),
    ...(entry.error && { code: entry.error.code, message: entry.error.message }),
  };
}
