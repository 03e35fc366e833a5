import type { RunRecord } from '@fw/workflow';
import type { RestateClient } from './restate-client.ts';
import { QUEUED } from './stored-run.ts';

/** Has Restate try a run at once that was put down, or waits to be tried again; begins it where that was missed. */
export async function tryAgain(client: RestateClient, { id, parent, paused }: RunRecord, hold: () => Promise<void>): Promise<void> {
  const invocation = parent === undefined ? await client.begin(id) : await client.find(id);
  if (paused && paused.code !== QUEUED) await hold();
  // One that its parent has not called yet is called by it.
  if (invocation !== undefined) await client.resume(invocation);
}
