/**
 * Lets an SDK that takes no fetch of ours use it: the SDK reads the global one before it first awaits, so it is
 * replaced for the length of this synchronous call, in which nobody else can run.
 */
export function withOwnFetch<Result>(fetch: typeof globalThis.fetch, send: () => Result): Result {
  const before = globalThis.fetch;
  globalThis.fetch = fetch;
  try {
    return send();
  } finally {
    globalThis.fetch = before;
  }
}
