import { AbortSource } from './abort-source.ts';
import type { Aborting } from './abort-source.ts';
import { failedWith } from './failed-with.ts';

/** How long an answer may take. */
export interface Timeouts {
  /** Until the service answers at all. Default 60 s. */
  readonly firstByteMs?: number;
  /** Between two pieces of an answer. Default 60 s. */
  readonly idleMs?: number;
  /** For the whole answer. Default 10 min. */
  readonly totalMs?: number;
}

/** Aborts an answer that takes too long; the reason of the abort is the error. */
export interface Watchdog {
  /** Ends the answer. */
  readonly ending: Aborting;
  /** The same for those who know signals only. */
  signal(): AbortSignal;
  /** Something arrived. */
  touch(): void;
  /** The reader is busy with what arrived, so silence is not the service's fault. */
  pause(): void;
  resume(): void;
  /** All was said: what is left of the stream may take a moment more. */
  closing(): void;
  /** Ends the answer and all timers. */
  stop(): void;
}

const closingMs = 250;
/** An abort without a reason makes one with a stack each time. */
const over = new Error('The answer is over.');

export function createWatchdog(model: string, timeouts: Timeouts, caller: AbortSignal): Watchdog {
  const { firstByteMs = 60_000, idleMs = 60_000, totalMs = 600_000 } = timeouts;
  const ending = new AbortSource();
  const onCaller = (): void => ending.abort(caller.reason);
  if (caller.aborted) onCaller();
  caller.addEventListener('abort', onCaller, { once: true });

  const startedAt = performance.now();
  let heardAt: number | undefined;
  let watching = true;
  let last: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ringsAt = Infinity;
  // A timer for every piece would cost more than reading it: one looks what came meanwhile.
  const ring = (): void => {
    const now = performance.now();
    const silentUntil = heardAt === undefined ? startedAt + firstByteMs : (watching ? heardAt : now) + idleMs;
    if (now >= startedAt + totalMs) ending.abort(failedWith('truncated', `${model} was stopped after ${totalMs} ms, the time one answer may take.`));
    else if (now < silentUntil) setTimer(Math.min(silentUntil, startedAt + totalMs), now);
    else if (heardAt === undefined) ending.abort(failedWith('network', `${model} did not answer within ${firstByteMs} ms.`));
    else ending.abort(failedWith('truncated', `${model} sent nothing more for ${idleMs} ms.`));
  };
  const setTimer = (at: number, now: number): void => {
    ringsAt = at;
    timer = setTimeout(ring, Math.ceil(at - now));
  };
  setTimer(startedAt + Math.min(firstByteMs, totalMs), startedAt);
  return {
    ending,
    signal: () => ending.signal,
    touch() {
      const isFirst = heardAt === undefined;
      heardAt = performance.now();
      if (!isFirst || heardAt + idleMs >= ringsAt) return;
      clearTimeout(timer);
      setTimer(heardAt + idleMs, heardAt);
    },
    pause() {
      watching = false;
    },
    resume() {
      watching = true;
      heardAt = performance.now();
    },
    closing() {
      last ??= setTimeout(() => ending.abort(over), closingMs);
    },
    stop() {
      clearTimeout(timer);
      clearTimeout(last);
      caller.removeEventListener('abort', onCaller);
      ending.abort(over);
    },
  };
}
