import { setTimeout as wait } from 'node:timers/promises';
import type { Framework, RunSummary } from '@fw/framework';

/** All runs of the home, read once for all who look at them. */
export interface RunList {
  page(query: RunQuery): Promise<RunPage>;
  /** The version that the list has as soon as it is not `seen` any more. */
  changed(seen: string, signal: AbortSignal): Promise<string>;
}

interface RunQuery {
  readonly statuses: readonly string[];
  readonly text?: string | undefined;
  readonly offset: number;
  readonly limit: number;
}

interface RunPage {
  readonly runs: readonly RunSummary[];
  /** Of those that were asked for. */
  readonly total: number;
  /** Of all, by status. */
  readonly counts: { readonly [status: string]: number };
}

const lookMs = 1_000;
/** Reading the list may take this part of the time at most. */
const share = 10;

export function createRunList(framework: Framework, stop: AbortSignal): RunList {
  let reading: Promise<readonly RunSummary[]> | undefined;
  let readAt = -Infinity;
  let tookMs = 0;

  const read = (): Promise<readonly RunSummary[]> => {
    const now = performance.now();
    if (reading !== undefined && now - readAt < Math.max(lookMs / 2, tookMs * share)) return reading;
    readAt = now;
    const asked = framework.runs();
    reading = asked;
    asked.then(() => { tookMs = performance.now() - now; }, () => { reading = undefined; });
    return asked;
  };
  return {
    async page({ statuses, text = '', offset, limit }) {
      const all = await read();
      const wanted = text.trim().toLowerCase();
      const found = all.filter((run) => (statuses.length === 0 || statuses.includes(run.status)) && (wanted === '' || [run.id, run.goal, run.workspace, run.state].some((part) => part.toLowerCase().includes(wanted))));
      const counts: Record<string, number> = {};
      for (const { status } of all) counts[status] = (counts[status] ?? 0) + 1;
      return { runs: found.slice(offset, offset + limit), total: found.length, counts };
    },
    async changed(seen, signal) {
      for (;;) {
        const version = versionOf(await read());
        if (version !== seen || signal.aborted || stop.aborted) return version;
        await wait(lookMs, undefined, { signal: AbortSignal.any([signal, stop]) }).catch(() => undefined);
      }
    },
  };
}

/** Another one whenever a run came, went or moved. */
function versionOf(runs: readonly RunSummary[]): string {
  let sum = 0;
  for (const { updatedAt, status, state } of runs) sum = (sum * 31 + updatedAt + status.length * 7 + state.length) % 9_007_199_254_740_881;
  return `${String(runs.length)}-${sum.toString(36)}`;
}
