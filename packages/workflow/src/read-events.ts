import type { JournalEntry, LiveDelta } from './journal-entry.ts';
import type { JournalStore } from './journal-store.ts';
import type { WatchedRun } from './watched-run.ts';
import { WorkflowError } from './workflow-error.ts';

/** How soon entries of another process are seen. */
const LOOK_MS = 500;

export interface ReadEventsOptions {
  readonly from?: number;
  readonly live?: boolean;
  readonly signal?: AbortSignal;
}

/** Entries of the past; with `live` also new ones and deltas, until the run ends. */
export async function* readEvents(store: JournalStore, watch: () => WatchedRun, isClosed: () => boolean, options: ReadEventsOptions): AsyncIterable<JournalEntry | LiveDelta> {
  const run = watch();
  const { from = 0 } = options;
  let last = from > 0 ? Math.floor(from) : 0;
  const deltas = options.live ? run.subscribe() : undefined;
  try {
    for (;;) {
      const { version } = run;
      const ended = (await store.get(run.id))?.result !== undefined;
      for (const entry of await store.read(run.id, last)) {
        last = entry.seq;
        yield entry;
      }
      if (!deltas || ended || options.signal?.aborted) return;
      for (const delta of deltas.take()) yield delta;
      if (isClosed()) throw new WorkflowError('FW_WORKFLOW_CLOSED', { message: 'The engine was closed while the run had not ended; its events can be read again.' });
      await run.changedSince(version, LOOK_MS, options.signal);
    }
  } finally {
    deltas?.close();
  }
}
