import type { BucketState } from './wire.ts';

/** A bucket that refills continuously and never lends. */
export interface Bucket {
  /** Takes the amount, or says in how many milliseconds it would fit. */
  take(amount: number): { readonly taken: true } | { readonly taken: false; readonly waitMs: number };
  fits(amount: number): boolean;
  state(): BucketState;
}

export function createBucket(perSecond: number, size: number): Bucket {
  let level = size;
  let at = performance.now();
  const refill = (): void => {
    const now = performance.now();
    level = Math.min(size, level + ((now - at) / 1_000) * perSecond);
    at = now;
  };
  return {
    take(amount) {
      refill();
      if (level < amount) return { taken: false, waitMs: Math.ceil(((amount - level) / perSecond) * 1_000) };
      level -= amount;
      return { taken: true };
    },
    fits(amount) {
      refill();
      return level >= amount;
    },
    state() {
      refill();
      return { size, remaining: Math.floor(level), resetMs: Math.ceil(((size - level) / perSecond) * 1_000) };
    },
  };
}
