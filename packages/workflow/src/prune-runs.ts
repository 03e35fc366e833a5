import type { PruneOptions, Pruned } from './engine.ts';
import type { JournalStore, RunRecord } from './journal-store.ts';
import { referredBlobs } from './run-bundle.ts';
import { WorkflowError } from './workflow-error.ts';

const DEFAULT_GRACE_MS = 24 * 3_600_000;

/**
 * Removes ended runs, then the blobs that no run refers to any more. Safe beside running ones: a blob is removed only when it was
 * put, or put again, longer than `graceMs` ago; what a step is about to refer to was put a moment ago.
 */
export async function pruneRuns(store: JournalStore, { olderThanMs, keep = 0, graceMs = DEFAULT_GRACE_MS }: PruneOptions, now: number): Promise<Pruned> {
  for (const [name, value] of Object.entries({ olderThanMs, keep, graceMs })) {
    if (!Number.isFinite(value) || value < 0) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `prune cannot be done with ${name} ${String(value)}: it has to be 0 or more.` });
  }
  const records: RunRecord[] = [];
  for await (const record of store.list()) records.push(record);
  const isOpen = new Set(records.filter(({ result }) => result === undefined).map(({ id }) => id));
  const removable = records
    .filter(({ result, parent }) => result !== undefined && (parent === undefined || !isOpen.has(parent)))
    .sort((left, right) => right.updatedAt - left.updatedAt)
    .slice(keep)
    .filter(({ updatedAt }) => updatedAt <= now - olderThanMs)
    .map(({ id }) => id);
  await store.remove(removable);
  if (!store.blobs.sweep) return { runs: removable, blobs: 0, bytes: 0 };
  // Before the look at what is used: what is put from here on stays.
  const before = Date.now() - graceMs;
  const used = await findUsedBlobs(store);
  return { runs: removable, ...(await store.blobs.sweep({ isUsed: (blob) => used.has(blob), before })) };
}

/** Every reference counts, also one inside of a large output. */
async function findUsedBlobs(store: JournalStore): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  const note = (text: string): void => {
    for (const blob of referredBlobs(text)) used.add(blob);
  };
  for await (const record of store.list()) {
    note(JSON.stringify(record));
    for (const entry of await store.read(record.id).catch(ofRemoved)) note(JSON.stringify(entry));
  }
  for (const blob of used) {
    const bytes = await store.blobs.get(blob).catch(() => undefined);
    if (bytes) note(new TextDecoder().decode(bytes));
  }
  return used;
}

function ofRemoved(error: unknown): readonly never[] {
  if ((error as { code?: string }).code === 'FW_WORKFLOW_UNKNOWN_RUN') return [];
  throw error;
}
