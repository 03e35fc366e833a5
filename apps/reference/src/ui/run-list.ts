import { setTimeout as wait } from 'node:timers/promises';
import type { Framework } from '@fw/framework';

/** Whether the list of runs is as it was, looked at once for all who want to know. */
export interface RunList {
  /** The version that the list has as soon as it is not `seen` any more. */
  changed(seen: string, signal: AbortSignal): Promise<string>;
}

const lookMs = 1_000;
/** Looking may take this part of the time at most. */
const share = 10;

export function createRunList(framework: Framework, stop: AbortSignal): RunList {
  let looking: Promise<string> | undefined;
  let lookedAt = -Infinity;
  let tookMs = 0;

  const look = (): Promise<string> => {
    const now = performance.now();
    if (looking !== undefined && now - lookedAt < Math.max(lookMs / 2, tookMs * share)) return looking;
    lookedAt = now;
    const asked = framework.listRuns({ limit: 0 }).then(({ version }) => version);
    looking = asked;
    asked.then(() => { tookMs = performance.now() - now; }, () => { looking = undefined; });
    return asked;
  };
  return {
    async changed(seen, signal) {
      for (;;) {
        const version = await look();
        if (version !== seen || signal.aborted || stop.aborted) return version;
        await wait(lookMs, undefined, { signal: AbortSignal.any([signal, stop]) }).catch(() => undefined);
      }
    },
  };
}
