/** Time as the wrappers see it, so that tests need not wait. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after the time or as soon as the signal aborts, and leaves no timer either way. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

// A longer timer would fire at once.
const longestTimer = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(durationMs, longestTimer));
      signal?.addEventListener('abort', wake, { once: true });
    }),
};
