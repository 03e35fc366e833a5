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

/** Aborts an answer that takes too long; the signal's reason is the error. */
export interface Watchdog {
  readonly signal: AbortSignal;
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
  const controller = new AbortController();
  const onCaller = (): void => controller.abort(caller.reason);
  if (caller.aborted) onCaller();
  caller.addEventListener('abort', onCaller, { once: true });

  const total = setTimeout(() => controller.abort(failedWith('truncated', `${model} was stopped after ${totalMs} ms, the time one answer may take.`)), totalMs);
  const firstByte = setTimeout(() => controller.abort(failedWith('network', `${model} did not answer within ${firstByteMs} ms.`)), firstByteMs);
  let idle: NodeJS.Timeout | undefined;
  let last: NodeJS.Timeout | undefined;
  let watching = true;
  let heardAt = 0;
  // A timer for every piece would cost more than reading it: one looks whether something came meanwhile.
  const watch = (waitMs: number): void => {
    idle = setTimeout(() => {
      const leftMs = watching ? heardAt + idleMs - performance.now() : idleMs;
      if (leftMs > 0) watch(Math.ceil(leftMs));
      else controller.abort(failedWith('truncated', `${model} sent nothing more for ${idleMs} ms.`));
    }, waitMs);
  };
  return {
    signal: controller.signal,
    touch() {
      heardAt = performance.now();
      if (idle !== undefined) return;
      clearTimeout(firstByte);
      watch(idleMs);
    },
    pause() {
      watching = false;
    },
    resume() {
      watching = true;
      heardAt = performance.now();
    },
    closing() {
      last ??= setTimeout(() => controller.abort(over), closingMs);
    },
    stop() {
      for (const timer of [total, firstByte, idle, last]) clearTimeout(timer);
      caller.removeEventListener('abort', onCaller);
      controller.abort(over);
    },
  };
}
