import type { Json } from '@fw/agents-core';
import type { WorkflowDefinition } from './definition.ts';
import { defineWorkflow } from './definition.ts';
import { verifyChain } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { ForkOrigin, JournalStore, RunRecord } from './journal-store.ts';
import { unknownRun } from './memory-store.ts';
import { plainJson } from './plain-json.ts';
import { assertId } from './run-id.ts';
import { WorkflowError } from './workflow-error.ts';

/** A whole run as plain JSON: its journal and the large outputs that it refers to. */
export interface RunBundle {
  readonly version: 1;
  readonly run: Pick<RunRecord, 'id' | 'definition' | 'input' | 'fingerprint' | 'createdAt' | 'forkedFrom'> & { readonly status: RunRecord['status']; readonly result?: Json };
  readonly entries: readonly JournalEntry[];
  /** Base64 by hash. */
  readonly blobs: { readonly [hash: string]: string };
}

/** @throws WorkflowError `FW_WORKFLOW_UNKNOWN_RUN`, `FW_JOURNAL_BROKEN`, `FW_BLOB_MISSING`. */
export async function exportRun(store: JournalStore, id: string): Promise<RunBundle> {
  const record = await store.get(id);
  if (!record) throw unknownRun(id);
  const entries = await store.read(id);
  verifyChain(entries);
  const blobs: Record<string, string> = {};
  const wanted = referredBlobs(JSON.stringify(entries));
  for (const blob of wanted) {
    const bytes = await store.blobs.get(blob);
    blobs[blob] = Buffer.from(bytes).toString('base64');
    for (const inner of referredBlobs(new TextDecoder().decode(bytes))) wanted.add(inner);
  }
  const { definition, input, fingerprint, createdAt, forkedFrom, status, result } = record;
  return { version: 1, run: { id, definition, input, fingerprint, createdAt, status, ...(forkedFrom && { forkedFrom }), ...(result !== undefined && { result }) }, entries, blobs };
}

/**
 * Takes in a run from elsewhere, after checking that its journal is whole. One that had not ended is put aside: it goes on when somebody attaches.
 * @throws WorkflowError `FW_WORKFLOW_CHANGED` when a run of that id exists, `FW_JOURNAL_BROKEN`, `FW_WORKFLOW_ILLEGAL` for what is no bundle.
 */
export async function importRun(store: JournalStore, given: unknown): Promise<string> {
  const bundle = readBundle(given);
  const { run: { id, definition, input, fingerprint, createdAt, forkedFrom, status, result }, entries, blobs } = bundle;
  verifyChain(entries);
  if (entries.some((entry) => entry.run !== id)) throw new WorkflowError('FW_JOURNAL_BROKEN', { message: `The bundle of run "${id}" has entries of another run.` });
  for (const [blob, base64] of Object.entries(blobs)) {
    if ((await store.blobs.put(Buffer.from(base64, 'base64'))) !== blob) throw new WorkflowError('FW_JOURNAL_BROKEN', { message: `Blob ${blob} of the bundle has other bytes than its name says.` });
  }
  for (const blob of referredBlobs(JSON.stringify(entries))) await store.blobs.get(blob);
  const as = result === undefined
    ? { status: 'waiting' as const, paused: { code: 'FW_RUN_IMPORTED', message: 'The run was imported; it goes on when somebody attaches to it.' } }
    : { status, result };
  if (!(await store.create({ id, definition, input, fingerprint, ...(forkedFrom && { forkedFrom }) }, createdAt, { entries, answers: [], as }))) {
    throw new WorkflowError('FW_WORKFLOW_CHANGED', { message: `There is a run "${id}" in this store already. Remove it first, or import into another store.` });
  }
  return id;
}

/** Hashes of the large outputs that a text refers to. */
export function referredBlobs(text: string): Set<string> {
  return new Set([...text.matchAll(/"blob":\s*"([0-9a-f]{64})"/g)].map(([, blob]) => blob!));
}

/** A bundle comes from outside: a chain that fits says that it was not changed, not that whoever made it was us. */
function readBundle(given: unknown): RunBundle {
  const bundle = plainJson(given) as Partial<RunBundle> | null | undefined;
  const run = bundle?.run;
  const isEnded = run?.status === 'success' || run?.status === 'failed' || run?.status === 'cancelled';
  const isWhole = bundle?.version === 1 && run && typeof run.fingerprint === 'string' && Number.isFinite(run.createdAt) && run.input !== undefined && isEnded === (run.result !== undefined)
    && (run.forkedFrom === undefined || isForkOrigin(run.forkedFrom))
    && Array.isArray(bundle.entries) && bundle.entries.every(isEntry)
    && typeof bundle.blobs === 'object' && bundle.blobs !== null && Object.values(bundle.blobs).every((blob) => typeof blob === 'string');
  if (!isWhole) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: 'This is no bundle of a run (version 1 with run, entries and blobs). Make one with exportRun.' });
  assertId(run.id);
  defineWorkflow(run.definition as WorkflowDefinition);
  return bundle as RunBundle;
}

const KINDS: readonly string[] = ['begin', 'step', 'failed', 'signal', 'timer', 'child', 'run'] satisfies readonly JournalEntry['kind'][];

function isEntry(entry: JournalEntry | null | undefined): boolean {
  return typeof entry === 'object' && entry !== null && typeof entry.key === 'string' && KINDS.includes(entry.kind) && typeof entry.origin === 'string'
    && Number.isFinite(entry.at) && Number.isSafeInteger(entry.attempt) && Array.isArray(entry.order) && entry.order.every(Number.isSafeInteger)
    && (entry.kind !== 'run' || entry.output !== undefined) && (entry.error === undefined || (typeof entry.error?.code === 'string' && typeof entry.error.message === 'string'));
}

function isForkOrigin(origin: ForkOrigin | null): boolean {
  const { run, seq, entries, startedAt, seeds }: Partial<ForkOrigin> = origin ?? {};
  return typeof run === 'string' && [seq, entries, startedAt].every(Number.isFinite) && Array.isArray(seeds) && seeds.every((one) => typeof one?.seed === 'string' && Number.isFinite(one.until));
}
