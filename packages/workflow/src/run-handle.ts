import type { Json } from '@fw/agents-core';
import { checkAnswer } from './answer-schema.ts';
import type { RunHandle, RunOutcome, RunWaiting } from './engine.ts';
import { isForeign } from './holder.ts';
import type { JournalStore, RunRecord } from './journal-store.ts';
import { unknownRun } from './memory-store.ts';
import { readEvents } from './read-events.ts';
import type { WatchedRun } from './watched-run.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

/** The same for all runs of an engine. */
export interface RunHandleOptions {
  readonly store: JournalStore;
  readonly clock: () => number;
  readonly redact: (value: Json) => Json;
  readonly watch: (id: string) => WatchedRun;
  readonly isClosed: () => boolean;
  /** An answer or a wish to cancel was stored. */
  readonly onAnswered: (id: string) => void;
  readonly onCancelled: (id: string, reason: string) => void;
  /** Keeps the process alive while somebody awaits the run. */
  readonly listen: <T>(run: WatchedRun, waiting: Promise<T>) => Promise<T>;
}

/** What a caller does with one run of the embedded engine. */
export function createRunHandle(id: string, options: RunHandleOptions): RunHandle {
  return {
    id,
    events: (events = {}) => readEvents(options.store, () => options.watch(id), options.isClosed, events),
    async signal(name, value) {
      const { store, redact, clock } = options;
      assertOpen(options);
      const record = await store.get(id);
      if (!record) throw unknownRun(id);
      assertOurs(record);
      const answer = await checkAnswer(record, name, value);
      if (record.result !== undefined) throw new WorkflowError('FW_SIGNAL_ANSWERED', { message: `Run "${id}" has ended; nobody waits for "${name}" any more.` });
      if (!(await store.answer(id, name, redact(answer), clock()))) {
        throw new WorkflowError('FW_SIGNAL_ANSWERED', { message: `"${name}" of run "${id}" has its answer already; a second one changes nothing.` });
      }
      options.onAnswered(id);
    },
    async cancel(given) {
      const { store, clock } = options;
      const reason = reasonOf(given);
      assertOpen(options);
      const record = await store.get(id);
      if (record) assertOurs(record);
      await store.cancel(id, reason, clock());
      options.onCancelled(id, reason);
    },
    result: () => waitFor(id, options, (run) => run.ended()),
    settled: () => waitFor(id, options, (run) => run.settled()),
  };
}

async function waitFor<T extends RunOutcome | RunWaiting>(id: string, options: RunHandleOptions, wait: (run: WatchedRun) => Promise<T>): Promise<T> {
  assertOpen(options);
  const run = options.watch(id);
  return options.listen(run, wait(run));
}

function assertOpen({ isClosed }: RunHandleOptions): void {
  if (isClosed()) throw new WorkflowError('FW_WORKFLOW_CLOSED', { message: 'This engine was closed.' });
}

/** Nobody would see what is written into the store for a run of another engine. */
function assertOurs({ id, holder }: RunRecord): void {
  if (isForeign(holder)) throw new WorkflowError('FW_WORKFLOW_LEASED', { message: `Run "${id}" is driven by another engine (${holder!.split('|')[0]}); answer and cancel it there.` });
}

/** Whatever was given: a cancel without a good reason is still one. */
function reasonOf(given: unknown): string {
  const reason = typeof given === 'string' ? given : describeError(given).message;
  return reason === '' || given === undefined || given === null ? 'The run was cancelled.' : reason.slice(0, MAX_REASON);
}

const MAX_REASON = 10_000;
