/** Epoch milliseconds that grow by one each time they are read: times differ, and are the same in every run. Begins at 2026-01-01T00:00:00Z by default. */
export function createTestClock(startMs: number = Date.UTC(2026, 0, 1)): () => number {
  let next = startMs;
  return () => next++;
}
