/** Runs what it is given one after the other; a failure does not stop the next one. */
export interface Mutex {
  <T>(work: () => Promise<T>): Promise<T>;
  /** Side by side with others that share; after what came before, and before what comes later. */
  shared<T>(work: () => Promise<T>): Promise<T>;
}

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  const sharing = new Set<Promise<unknown>>();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = Promise.all([last, ...sharing]).then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return Object.assign(alone, {
    shared<T>(work: () => Promise<T>): Promise<T> {
      const result = last.then(work);
      const settled: Promise<unknown> = result.catch(() => undefined).finally(() => sharing.delete(settled));
      sharing.add(settled);
      return result;
    },
  });
}
