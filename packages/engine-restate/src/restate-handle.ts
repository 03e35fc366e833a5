import { randomUUID } from 'node:crypto';
import type { JournalStore, Json, RunHandle } from '@fw/workflow';
import { WorkflowError } from '@fw/workflow';
import { checkAnswer, readEvents, shrinkOutput, unknownRun } from '@fw/workflow/engine-kit';
import type { RestateClient } from './restate-client.ts';
import { promiseOf } from './run-promises.ts';
import { holdRun } from './stored-run.ts';
import { tryAgain } from './try-again.ts';
import type { WatchedRuns } from './watched-runs.ts';

export interface RestateHandleOptions {
  readonly store: JournalStore;
  readonly client: RestateClient;
  readonly service: string;
  readonly clock: () => number;
  readonly redact: (value: Json) => Json;
  readonly watched: WatchedRuns;
  readonly isClosed: () => boolean;
}

/** What a caller does with one run: reads come from our store, answers and cancels go to Restate. */
export function createRestateHandle(id: string, options: RestateHandleOptions): RunHandle {
  const { store, client, service, clock, redact, watched, isClosed } = options;
  const assertOpen = (): void => {
    if (isClosed()) throw new WorkflowError('FW_WORKFLOW_CLOSED', { message: 'This engine was closed.' });
  };
  const open = async () => {
    assertOpen();
    const record = await store.get(id);
    if (!record) throw unknownRun(id);
    return record;
  };
  return {
    id,
    events: (events = {}) => readEvents(store, () => watched.of(id), isClosed, events),
    async signal(name, value) {
      const record = await open();
      const answer = redact(await checkAnswer(record, name, value));
      if (record.result !== undefined) throw new WorkflowError('FW_SIGNAL_ANSWERED', { message: `Run "${id}" has ended; nobody waits for "${name}" any more.` });
      // Before it is asked, the first question of that name is meant.
      const ordinal = Math.min(...record.questions.filter((question) => question.name === name).map((question) => question.ordinal));
      await client.tell(id, 'answer', {
        promise: promiseOf({ name, ordinal: Number.isFinite(ordinal) ? ordinal : 1 }),
        id: randomUUID(), at: clock(), value: await shrinkOutput(answer, store.blobs) as Json,
      });
    },
    async cancel(reason) {
      const record = await open();
      if (record.result !== undefined) return;
      const clean = String(redact(reason));
      // In our store for a run that cannot go on: it ends so when it is tried the next time.
      await store.cancel(id, clean, clock());
      await client.tell(id, 'cancel', { reason: clean, at: clock() });
      if (record.paused) await tryAgain(client, record, () => holdRun(store, id, { service, clock }));
    },
    async result() {
      assertOpen();
      return watched.awaited(id, (run) => run.ended());
    },
    async settled() {
      assertOpen();
      return watched.awaited(id, (run) => run.settled());
    },
  };
}
