import type { Json } from '@fw/agents-core';
import { defineWorkflow } from './definition.ts';
import type { ForkOptions } from './engine.ts';
import { fingerprintOf } from './fingerprint.ts';
import { EntryChain } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Beginning, ForkOrigin, JournalStore, NewRun, RunRecord } from './journal-store.ts';
import { plainJson } from './plain-json.ts';
import { replayRun } from './replay-run.ts';
import type { ReplayOptions } from './replay-run.ts';
import { referredBlobs } from './run-bundle.ts';
import { isMigration, isSettled } from './segments.ts';
import { CANCEL_KEY } from './settled-command.ts';
import { WorkflowError } from './workflow-error.ts';

export type ForkPlan = Omit<NewRun, 'id'> & { readonly beginning: (id: string) => Beginning };

/** What a fork begins with. Writes nothing: the part to take over is replayed under the change first. */
export async function planFork(options: Omit<ReplayOptions, 'onAnswer' | 'onOtherSubject'>, fork: ForkOptions): Promise<ForkPlan> {
  const { record, entries } = options;
  const taken = takenOver(record, entries, fork.at);
  const changed = { ...changedRecord(record, taken, fork), forkedFrom: provisional(record, fork) };
  const answers: Beginning['answers'][number][] = [];
  let isCut = false;
  const { entries: count } = await replayRun({
    ...options, record: changed, entries: taken,
    onAnswer: (answer) => answers.push(answer),
    onOtherSubject: () => (isCut = true),
  });
  const kept = isCut ? taken.slice(0, count) : taken;
  assertConfirmed(record.id, kept, fork.confirm ?? []);
  const settled = kept.filter(isSettled).length;
  const before = (record.forkedFrom?.seeds ?? []).filter(({ until }) => until < settled);
  const tree = kept.findLast((entry) => entry.tree !== undefined)?.tree;
  const forkedFrom: ForkOrigin = {
    run: record.id, seq: kept.at(-1)?.seq ?? 0, entries: rewrite(kept, record.id, record.id).length, seeds: [...before, { seed: seedAt(record, settled), until: settled }], startedAt: record.forkedFrom?.startedAt ?? record.createdAt,
    ...(tree !== undefined && { tree }), ...(fork.change !== undefined && { change: fork.change }),
  };
  const { definition, input, fingerprint } = changed;
  return { definition, input, fingerprint, forkedFrom, beginning: (id) => ({ entries: rewrite(kept, record.id, id), answers }) };
}

/** What the host is told while the part is replayed: the change, so that what it does otherwise is seen now and not when the fork runs. */
const provisional = (record: RunRecord, { at, change }: ForkOptions): ForkOrigin => ({
  run: record.id, seq: at, entries: at, startedAt: record.forkedFrom?.startedAt ?? record.createdAt,
  seeds: [...(record.forkedFrom?.seeds ?? []), { seed: record.id, until: Number.MAX_SAFE_INTEGER }], ...(change !== undefined && { change }),
});

/** False when a run of that id exists. Large outputs that it shares are put again: nobody removes them before the new run refers to them. */
export async function createFork(store: JournalStore, run: NewRun, beginning: Beginning, now: number): Promise<boolean> {
  for (const blob of referredBlobs(JSON.stringify(beginning.entries))) await store.blobs.put(await store.blobs.get(blob));
  return store.create(run, now, beginning);
}

/** Up to that place; not beyond the end of the run or its cancel, which are not taken over. */
function takenOver(record: RunRecord, entries: readonly JournalEntry[], at: number): readonly JournalEntry[] {
  const last = entries.at(-1)?.seq ?? 0;
  if (!Number.isSafeInteger(at) || at < 0 || at > last) {
    throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `Run "${record.id}" cannot be forked at ${String(at)}: its entries are 1 to ${last}. Use one of them, or 0 to begin anew.` });
  }
  const end = entries.findIndex((entry) => entry.kind === 'run' || entry.key === CANCEL_KEY);
  return entries.slice(0, end === -1 ? at : Math.min(at, end));
}

function changedRecord(record: RunRecord, taken: readonly JournalEntry[], { definition, input, fingerprint }: ForkOptions): RunRecord {
  if (definition && taken.some(isMigration)) {
    throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `Run "${record.id}" was migrated before that place, so its fork keeps that definition. Fork it before the migration.` });
  }
  const plain = input === undefined ? record.input : plainJson(input);
  if (plain === undefined) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `The input for the fork of "${record.id}" is not JSON. Pass plain data.` });
  const defined = definition ? defineWorkflow(definition) : record.definition;
  return { ...record, definition: defined, input: plain, fingerprint: definition || fingerprint !== undefined ? fingerprintOf(defined, fingerprint) : record.fingerprint };
}

function assertConfirmed(run: string, kept: readonly JournalEntry[], confirmed: readonly string[]): void {
  const open = [...new Set(kept.filter((entry) => entry.effect === 'once').map((entry) => entry.key))].filter((key) => !confirmed.includes(key));
  if (open.length === 0) return;
  throw new WorkflowError('FW_WORKFLOW_UNCONFIRMED', {
    message: `The part of run "${run}" that would be taken over has steps that may run only once: ${open.join(', ')}. They took effect for that run, or may have, and will not run again. Confirm each of them (confirm: [key, …]), or fork before them.`,
    details: open as unknown as Json,
  });
}

/** The same under the keys of the new run, without what was only begun; what may run once and was begun stays uncertain. */
function rewrite(kept: readonly JournalEntry[], from: string, to: string): readonly JournalEntry[] {
  const chain = new EntryChain(to);
  const settled = new Set(kept.filter((entry) => entry.kind !== 'begin').map((entry) => entry.key));
  return kept.filter((entry) => entry.kind !== 'begin' || (entry.effect === 'once' && !settled.has(entry.key))).map(({ run: _run, seq: _seq, previous: _previous, hash: _hash, ...body }) =>
    chain.next({ ...body, key: to + body.key.slice(from.length) }));
}

const seedAt = (record: RunRecord, settled: number): string => record.forkedFrom?.seeds.find(({ until }) => settled <= until)?.seed ?? record.id;
