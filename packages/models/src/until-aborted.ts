import type { Aborting } from './abort-source.ts';

/** Waits for one thing after another, as long as a signal does not abort. */
export interface Patience {
  /** Rejects with the signal's reason at once when it aborts, even when nothing else reacts. */
  waitFor<Value>(work: () => Promise<Value>): Promise<Value>;
  stop(): void;
}

/** One listener for all that is waited for: one for each would cost more than some of them. */
export function patienceUntil(signal: Aborting): Patience {
  let interrupt: ((reason: unknown) => void) | undefined;
  const onAbort = (): void => interrupt?.(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    waitFor: (work) => new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      interrupt = reject;
      work().then(resolve, reject);
    }),
    stop: () => signal.removeEventListener('abort', onAbort),
  };
}

/** Reads a source item by item, as long as a signal does not abort. */
export interface Reading<Item> {
  /** The next item, undefined at the end. Rejects with the signal's reason at once when it aborts, even when the source does not react. */
  next(): Promise<Item | undefined>;
  /** Closes the source in the background: a slow cleanup does not hold up the caller. */
  close(): void;
}

/** Written by hand: a generator around each source would cost more than reading it. */
export function readUntilAborted<Item>(source: AsyncIterable<Item>, signal: Aborting): Reading<Item> {
  const iterator = source[Symbol.asyncIterator]();
  const patience = patienceUntil(signal);
  const read = (): Promise<Item | undefined> => iterator.next().then(({ value, done }) => (done === true ? undefined : (value as Item)));
  return {
    next: () => patience.waitFor(read),
    close() {
      patience.stop();
      void closeSafely(iterator);
    },
  };
}

/** The outcome is settled already: a failing cleanup has nobody to tell. */
export async function closeSafely(source: { return?(): unknown }): Promise<void> {
  try {
    await source.return?.();
  } catch {
    // Nobody to tell.
  }
}
