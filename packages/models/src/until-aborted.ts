/** Reads a source item by item, as long as a signal does not abort. */
export interface Reading<Item> {
  /** The next item, undefined at the end. Rejects with the signal's reason at once when it aborts, even when the source does not react. */
  next(): Promise<Item | undefined>;
  /** Closes the source in the background: a slow cleanup does not hold up the caller. */
  close(): void;
}

/** Written by hand: a generator around each source would cost more than reading it. */
export function readUntilAborted<Item>(source: AsyncIterable<Item>, signal: AbortSignal): Reading<Item> {
  const iterator = source[Symbol.asyncIterator]();
  let interrupt = (_reason: unknown): void => undefined;
  const onAbort = (): void => interrupt(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    next: () => new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      interrupt = reject;
      iterator.next().then(({ value, done }) => resolve(done === true ? undefined : (value as Item)), reject);
    }),
    close() {
      signal.removeEventListener('abort', onAbort);
      void closeSafely(iterator);
    },
  };
}

async function closeSafely(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The outcome is settled already: a failing cleanup has nobody to tell.
  }
}
