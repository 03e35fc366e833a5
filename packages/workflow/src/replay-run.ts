import type { Agent, Json } from '@fw/agents-core';
import { readOnlyBlobs } from './blob-store.ts';
import type { BlobStore } from './blob-store.ts';
import { diverged } from './diverged.ts';
import type { HostedRun, Replay, RunHost } from './engine.ts';
import { EntryChain, verifyChain } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { RunRecord } from './journal-store.ts';
import type { HandleFailure } from './manager.ts';
import { ReplayBackend, ReplayEnd } from './replay-backend.ts';
import type { ReplayBackendOptions } from './replay-backend.ts';
import { RunProgram } from './run-program.ts';
import { seedOf, segmentsOf } from './segments.ts';
import type { Segment } from './segments.ts';

export interface ReplayOptions extends Pick<ReplayBackendOptions, 'onOtherSubject' | 'onAnswer' | 'onInput'> {
  readonly record: RunRecord;
  readonly entries: readonly JournalEntry[];
  readonly blobs: BlobStore;
  readonly agents: readonly Agent[];
  readonly initialize: (agents: readonly Agent[]) => Promise<void>;
  readonly host: (run: HostedRun) => RunHost | Promise<RunHost>;
  readonly redact: (value: Json) => Json;
  readonly handleFailure?: HandleFailure;
}

/**
 * Drives a run through its journal again, offline. Steps are not run and nothing is written; the engine's own
 * computations are done again, and every entry has to come out with the same bytes.
 * @throws WorkflowError `FW_WORKFLOW_DIVERGED` at the first difference, `FW_JOURNAL_BROKEN`.
 */
export async function replayRun(options: ReplayOptions): Promise<Replay> {
  const { record, entries, agents, initialize } = options;
  const blobs = readOnlyBlobs(options.blobs);
  verifyChain(entries);
  await initialize(agents);
  const segments = await segmentsOf(record, entries, blobs);
  const chain = new EntryChain(record.id);
  let replayed = 0;
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    const part = await replaySegment(segment, chain, blobs, options);
    replayed += part.replayed;
    if (isLast) return { entries: replayed, head: entries[replayed - 1]?.hash ?? '', complete: part.ended };
    if (part.ended || part.replayed < segment.entries.length) throw diverged('The run ended before it was migrated.');
    const { run: _run, seq: _seq, previous: _previous, hash: _hash, ...migration } = entries[replayed]!;
    chain.next(migration);
    replayed++;
  }
  throw new Error('A journal has at least one segment.');
}

async function replaySegment(segment: Segment, chain: EntryChain, blobs: BlobStore, options: ReplayOptions): Promise<{ readonly replayed: number; readonly ended: boolean }> {
  const { record, agents, redact, onOtherSubject, onAnswer, onInput, handleFailure } = options;
  const { definition, input, beginning, signals, settledBefore } = segment;
  const abort = new AbortController();
  const host = await options.host({ ...hostedRun(record, input), signal: abort.signal, replay: true });
  const backend = new ReplayBackend({
    run: record.id, entries: segment.entries, chain, blobs, redact, seedOf: (settled) => seedOf(record.id, record.forkedFrom, settledBefore + settled),
    onSettled: (entry) => host.settled?.(entry), onCancel: (error) => program.cancel(error), ...(onOtherSubject && { onOtherSubject }), ...(onAnswer && { onAnswer }), ...(onInput && { onInput }),
  });
  const program = new RunProgram({ run: record.id, definition, input, createdAt: record.forkedFrom?.startedAt ?? record.createdAt, agents, host, backend, abort, signals, ...(beginning && { beginning }), ...(handleFailure && { handleFailure }) });
  try {
    const outcome = await program.drive().catch((error: unknown) => {
      if (error instanceof ReplayEnd) return error;
      throw error;
    });
    if (outcome instanceof ReplayEnd) return { replayed: outcome.replayed, ended: outcome.isCancelled };
    const ended = await backend.end(outcome as unknown as Json);
    return { replayed: segment.entries.length, ended };
  } finally {
    abort.abort(new Error('The replay is over.'));
    await host.close?.('waiting');
  }
}

/** What a host is told of a run, whoever drives it. */
export const hostedRun = ({ id, forkedFrom }: RunRecord, input: Json): Pick<HostedRun, 'id' | 'input' | 'forkedFrom'> =>
  ({ id, input, ...(forkedFrom && { forkedFrom }) });
