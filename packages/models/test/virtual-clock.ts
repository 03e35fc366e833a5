import { setImmediate as nextTick } from 'node:timers/promises';
import type { Clock } from '../src/index.ts';

/** A clock that jumps to whoever sleeps shortest as soon as nobody else has anything to do. */
export interface VirtualClock extends Clock {
  /** Lets time pass until the work is done. */
  run<Value>(work: Promise<Value>): Promise<Value>;
  /** Moves what `now` says, as when somebody sets the clock. */
  jump(byMs: number): void;
  readonly sleeping: number;
}

export function createVirtualClock(start = 1_800_000_000_000): VirtualClock {
  let elapsed = 0;
  let offset = start;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => offset + elapsed,
    jump: (byMs) => void (offset += byMs),
    get sleeping() {
      return sleepers.size;
    },
    sleep: (durationMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const sleeper = { at: elapsed + Math.max(0, durationMs), wake: () => { sleepers.delete(sleeper); signal?.removeEventListener('abort', sleeper.wake); resolve(); } };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    async run(work) {
      let done = false;
      const end = (): void => void (done = true);
      work.then(end, end);
      for (;;) {
        await nextTick();
        if (done) return work;
        const [first] = [...sleepers].sort((left, right) => left.at - right.at);
        if (first === undefined) continue;
        elapsed = Math.max(elapsed, first.at);
        first.wake();
      }
    },
  };
}
