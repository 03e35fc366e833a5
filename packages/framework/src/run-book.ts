import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BlobRef, Evidence, Json } from '@fw/agents-core';
import { isGone } from '@fw/workflow';
import type { JournalEntry, JournalStore, RunOutcome, RunRecord, RunWaiting } from '@fw/workflow';
import { openWorkspace } from '@fw/workspace';
import { concludeOnce } from './conclude-once.ts';
import { effectivePolicy, policyOfRun } from './effective-policy.ts';
import { FrameworkError } from './framework-error.ts';
import type { RunDetails, RunPage, RunQuery, RunResult, RunSummary } from './framework.ts';
import { verdictOf } from './guards.ts';
import { describeQuestion } from './questions.ts';
import { renderReport } from './report.ts';
import type { RunReport } from './report.ts';
import { countRun } from './run-counts.ts';
import { readRunInput } from './run-input.ts';
import { createRunListing } from './run-listing.ts';
import { artifactsIn, evidenceIn, isEnter, placeEntry, summarizeStates, usageOf } from './run-projection.ts';
import type { Entered, PlacedEntry } from './run-projection.ts';
import { feedbackPart } from './feedback/decide-run.ts';
import type { MetricsStore } from './metrics-store.ts';
import { readResources } from './monitoring.ts';
import { metricsOf } from './stats.ts';
import { traceCriteria } from './trace/trace-criteria.ts';
import { gateOfRun } from './verify-report.ts';
import type { RunGate } from './verify-report.ts';

/** What is kept of each run, and what is read out of its journal. */
export interface RunBook {
  folderOf(run: string): string;
  storageOf(run: string): string;
  exists(run: string): Promise<boolean>;
  find(run: string): Promise<RunRecord | undefined>;
  /** The tree as it was found, as far as the run has got to it. */
  baseOf(run: string): Promise<string>;
  /** @throws FrameworkError `FW_RUN_UNKNOWN`. */
  require(run: string): Promise<RunRecord>;
  /** What contains the commands of a run that exists. */
  containmentOf(run: string): Promise<string>;
  place(entry: JournalEntry): Promise<PlacedEntry>;
  summaries(): Promise<readonly RunSummary[]>;
  /** Some of them, newest first, with how many there are. */
  page(query: RunQuery): Promise<RunPage>;
  details(run: string): Promise<RunDetails>;
  /** Writes patch and report of a run that has ended or pauses. Doing it again gives the same. */
  conclude(run: string, outcome: RunOutcome | RunWaiting): Promise<RunResult>;
  close(): Promise<void>;
}

export function createRunBook(store: JournalStore, home: string, metrics: MetricsStore): RunBook {
  const folderOf = (run: string): string => path.join(home, 'runs', encodeURIComponent(run));
  const writing = new Set<Promise<unknown>>();

  const listing = createRunListing(store, async (id) => {
    const record = await store.get(id);
    return record && summarize(record, await lastState(record, book, store));
  });
  const book: RunBook = {
    folderOf,
    storageOf: (run) => path.join(folderOf(run), 'workspace'),
    exists: async (run) => (await store.get(run)) !== undefined,
    find: (run) => store.get(run),
    async baseOf(run) {
      const evidence = (await readEntries(run, book, store)).flatMap(evidenceIn);
      return evidence.find((one) => one.kind === 'baseline')?.tree ?? '';
    },
    async require(run) {
      const record = await store.get(run);
      if (record) return record;
      const near: string[] = [];
      for (const { id } of await store.heads()) if (id.includes(run) || run.includes(id)) near.push(id);
      throw new FrameworkError('FW_RUN_UNKNOWN', { message: `There is no run "${run}".${near.length > 0 ? ` Did you mean ${near.slice(0, 5).join(', ')}?` : ' "fw runs" lists them.'}` });
    },
    containmentOf: async (run) => readRunInput((await book.require(run)).input).contained,
    async place(entry) {
      return placeEntry(entry, await resolveOutput(store, entry));
    },
    summaries: () => listing.all(),
    page: (query) => listing.page(query),
    async details(run) {
      const record = await book.require(run);
      const entries = await readEntries(run, book, store);
      const { verdict, artifacts, states, usage, trace } = project(record, entries);
      const report = await readReport(folderOf(run));
      return {
        ...summarize(record, states.at(-1)?.state ?? ''),
        task: readRunInput(record.input).task, questions: record.questions.flatMap((question) => describeQuestion(question, record.definition) ?? []), states, artifacts, verdict, usage, trace,
        resources: await readResources(folderOf(run)), feedback: readRunInput(record.input).feedback ?? null,
        patch: report?.result.patch ?? null, report: report?.result.report ?? null,
        head: entries.at(-1)?.entry.hash ?? '',
      };
    },
    async conclude(run, outcome) {
      const work = concludeRun(run, outcome, book, store, metrics);
      writing.add(work);
      return work.finally(() => writing.delete(work));
    },
    async close() {
      await Promise.allSettled(writing);
    },
  };
  return book;
}

async function concludeRun(run: string, outcome: RunOutcome | RunWaiting, book: RunBook, store: JournalStore, metrics: MetricsStore): Promise<RunResult> {
  const record = await book.require(run);
  const entries = await readEntries(run, book, store);
  const folder = book.folderOf(run);
  await mkdir(folder, { recursive: true });
  const written = async (): Promise<RunResult | undefined> => {
    const before = await readReport(folder);
    const { status, code, message } = before?.result ?? {};
    const isSame = before?.head === entries.at(-1)?.entry.hash && status === outcome.status && code === outcome.code && message === outcome.message;
    return isSame ? before?.result : undefined;
  };
  return concludeOnce(folder, written, () => writeConclusion(record, outcome, entries, book, metrics));
}

async function writeConclusion(record: RunRecord, outcome: RunOutcome | RunWaiting, entries: readonly PlacedEntry[], book: RunBook, metrics: MetricsStore): Promise<RunResult> {
  const run = record.id;
  const { verdict, artifacts, states, evidence, gate, usage, trace, tree } = project(record, entries);
  const input = readRunInput(record.input);
  const folder = book.folderOf(run);
  const change = outcome.status === 'waiting' || tree === undefined ? null : await writePatch(book, run, tree, path.join(folder, outcome.status === 'success' ? 'change.patch' : 'rejected.patch'));
  const patch = outcome.status === 'success' ? change : null;
  const report = path.join(folder, 'report.json');
  const resources = await readResources(folder);
  const result: RunResult = {
    run, status: outcome.status, artifacts, verdict, usage, patch, report, simulated: input.simulated,
    ...(outcome.code !== undefined && { code: outcome.code }), ...(outcome.message !== undefined && { message: outcome.message }),
  };
  const content: RunReport = {
    version: 1, task: input.task, workspace: input.workspace, result, states, evidence, trace, gate, rejected: patch === null ? change : null, counts: countRun(entries),
    resources, ...(input.feedback !== undefined && { feedback: input.feedback }),
    head: entries.at(-1)?.entry.hash ?? '', startedAt: record.createdAt, endedAt: entries.at(-1)?.entry.at ?? record.createdAt,
  };
  await writeWhole(report, `${JSON.stringify(content, null, 2)}\n`);
  await writeWhole(path.join(folder, 'report.md'), renderReport(content));
  // A fork begins in the middle: what it took says nothing of a whole run.
  const feedback = input.feedback === undefined || record.forkedFrom !== undefined ? undefined : feedbackPart(input.feedback);
  try {
    if (outcome.status !== 'waiting' || feedback !== undefined) metrics.note(metricsOf(content, entries, resources, feedback));
  } catch {
    // Sums that lack a run are no reason to lose its result.
  }
  return result;
}

async function writePatch(book: RunBook, run: string, tree: string, file: string): Promise<string | null> {
  const workspace = await openWorkspace({ storage: book.storageOf(run), sandbox: 'off' });
  try {
    const patch = await workspace.diff(workspace.base, tree);
    if (patch === '') return null;
    await writeWhole(file, patch);
    return file;
  } finally {
    await workspace.close();
  }
}

interface Projected extends Pick<RunDetails, 'verdict' | 'artifacts' | 'states' | 'usage' | 'trace'> {
  readonly evidence: readonly Evidence[];
  readonly gate: RunGate | null;
  /** The files after the last step that changed any. */
  readonly tree: string | undefined;
}

function project(record: RunRecord, entries: readonly PlacedEntry[]): Projected {
  const evidence = entries.flatMap(evidenceIn);
  const artifacts = entries.flatMap(artifactsIn);
  const tree = entries.findLast(({ entry }) => entry.tree !== undefined)?.entry.tree;
  const policy = effectivePolicy(policyOfRun(readRunInput(record.input).config.policy), artifacts);
  const measured = { evidence, tree: tree ?? evidence[0]?.tree ?? '', policy };
  const base = evidence.find((one) => one.kind === 'baseline')?.tree ?? measured.tree;
  return {
    evidence, artifacts, tree,
    states: summarizeStates(entries),
    usage: usageOf(entries),
    trace: traceCriteria({ task: readRunInput(record.input).task, artifacts, evidence, tree: measured.tree }),
    verdict: evidence.length > 0 ? verdictOf(measured) : null,
    gate: evidence.length > 0 ? gateOfRun({ ...measured, base }) : null,
  };
}

function summarize(record: RunRecord, state: string): RunSummary {
  const { task, workspace } = readRunInput(record.input);
  const interrupted = record.status === 'running' && (record.holder === undefined || isGone(record.holder));
  const { code, message } = (interrupted ? interruption : record.result ?? record.paused ?? {}) as { readonly code?: string; readonly message?: string };
  return {
    id: record.id, goal: task.goal, workspace, status: interrupted ? 'waiting' : record.status, state, startedAt: record.createdAt, updatedAt: record.updatedAt,
    ...(code !== undefined && { code }), ...(message !== undefined && { message }),
    ...(record.questions.length > 0 && { waitingFor: record.questions.map((question) => question.name).join(', ') }),
  };
}

const interruption = { code: 'FW_RUN_INTERRUPTED', message: 'The process that worked on it has ended; resume continues it.' };

async function lastState(record: RunRecord, book: RunBook, store: JournalStore): Promise<string> {
  const { state } = (record.result ?? {}) as { readonly state?: { readonly state?: string } };
  if (state?.state !== undefined) return state.state;
  const entered = (await readEntries(record.id, book, store)).findLast(isEnter);
  return (entered?.output as unknown as Entered | undefined)?.state ?? '';
}

async function readEntries(run: string, book: RunBook, store: JournalStore): Promise<readonly PlacedEntry[]> {
  return Promise.all((await store.read(run)).map((entry) => book.place(entry)));
}

async function resolveOutput(store: JournalStore, { output }: JournalEntry): Promise<Json | undefined> {
  if (output === null || typeof output !== 'object' || Array.isArray(output) || typeof (output as Partial<BlobRef>).blob !== 'string' || !('mediaType' in output)) return output as Json | undefined;
  return JSON.parse(new TextDecoder().decode(await store.blobs.get((output as BlobRef).blob))) as Json;
}

async function readReport(folder: string): Promise<RunReport | undefined> {
  try {
    return JSON.parse(await readFile(path.join(folder, 'report.json'), 'utf8')) as RunReport;
  } catch {
    return undefined;
  }
}

/** Either the old file or the new one, never a part. */
async function writeWhole(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
