import type { Clock } from '../src/index.ts';

/** A clock that stands still until somebody sleeps, and then jumps. */
export function createTestClock(): Clock & { readonly slept: readonly number[] } {
  const slept: number[] = [];
  let now = Date.now();
  return {
    slept,
    now: () => now,
    async sleep(durationMs) {
      slept.push(durationMs);
      now += durationMs;
    },
  };
}
