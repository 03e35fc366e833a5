import type { JournalStore, Json, RunOutcome } from '@fw/workflow';
import { WorkflowError } from '@fw/workflow';
import { describeError, unknownRun, waitingOf, WatchedRun } from '@fw/workflow/engine-kit';
import { QUEUED } from './stored-run.ts';

export interface WatchedRuns {
  of(run: string): WatchedRun;
  /** Waits for a run and keeps the process alive meanwhile. */
  awaited<T>(run: string, wait: (run: WatchedRun) => Promise<T>): Promise<T>;
  /** This process stored something of the run. */
  changed(run: string): void;
  delta(run: string, key: string, attempt: number, index: number, delta: Json): void;
  close(): void;
}

/** How soon what other processes did is seen. */
const LOOK_MS = 500;
/** Of a run that was put down, though nothing that somebody could give it is missing: it is broken here. */
const BROKEN = /^FW_(WORKFLOW|JOURNAL|STORE|BLOB|RESTATE)_/;

/** Runs that somebody in this process awaits. What becomes of them stands in our store, whoever drives them. */
export function createWatchedRuns({ store, clock, log }: { readonly store: JournalStore; readonly clock: () => number; readonly log: (message: string, data?: Json) => void }): WatchedRuns {
  const watched = new Map<string, WatchedRun>();
  let looking: Promise<void> | undefined;

  const of = (id: string): WatchedRun => {
    let run = watched.get(id);
    if (!run) watched.set(id, (run = new WatchedRun(id)));
    return run;
  };
  const announce = async (run: WatchedRun): Promise<void> => {
    const record = await store.get(run.id);
    if (!record) return run.fail(unknownRun(run.id));
    if (record.result !== undefined) return run.end(record.result as unknown as RunOutcome);
    const { paused } = record;
    if (record.status !== 'waiting' || paused?.code === QUEUED) return;
    if (paused && BROKEN.test(paused.code)) return run.fail(new WorkflowError(paused.code, { message: paused.message, retryable: true }));
    if ((record.wakeAt ?? Infinity) > clock()) run.wait(waitingOf(record));
  };
  const look = async (): Promise<void> => {
    for (const run of [...watched.values()]) {
      if (run.isAwaited) await announce(run).catch((error: unknown) => log('What became of a run could not be read.', describeError(error)));
      if (!run.isInUse) watched.delete(run.id);
    }
  };
  const timer = setInterval(() => {
    if ([...watched.values()].some((run) => run.isAwaited)) timer.ref();
    else timer.unref();
    looking ??= look().finally(() => { looking = undefined; });
  }, LOOK_MS);
  timer.unref();

  return {
    of,
    async awaited(id, wait) {
      const run = of(id);
      const waiting = wait(run);
      timer.ref();
      await announce(run).catch((error: Error) => run.fail(error));
      return waiting;
    },
    changed(id) {
      const run = watched.get(id);
      if (!run) return;
      run.changed();
      if (run.isAwaited) void announce(run).catch(() => {});
    },
    delta: (id, key, attempt, index, delta) => watched.get(id)?.delta({ run: id, key, attempt, index, delta }),
    close() {
      clearInterval(timer);
      for (const run of watched.values()) run.fail(new WorkflowError('FW_WORKFLOW_CLOSED', { message: 'The engine was closed while the run had not ended; it goes on wherever a worker serves it.' }));
    },
  };
}
