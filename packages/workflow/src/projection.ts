import type { JournalEntry } from './journal-entry.ts';

/** What is equal for the same run on every engine: no times, attempts, seq or hashes. */
export type ProjectedEntry = Pick<JournalEntry, 'order' | 'key' | 'kind' | 'origin' | 'input' | 'output' | 'error' | 'tree'>;

/** The journal in program order, without what may differ between engines and after crashes. */
export function projectEntries(entries: readonly JournalEntry[]): readonly ProjectedEntry[] {
  return entries
    .filter((entry) => entry.kind !== 'begin')
    .map(({ order, key, kind, origin, input, output, error, tree }) => ({
      order, key, kind, origin,
      ...(input !== undefined && { input }), ...(output !== undefined && { output }), ...(error !== undefined && { error }), ...(tree !== undefined && { tree }),
    }))
    .sort((left, right) => compareOrder(left.order, right.order));
}

function compareOrder(left: readonly number[], right: readonly number[]): number {
  for (let depth = 0; ; depth++) {
    const a = left[depth];
    const b = right[depth];
    if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1);
    if (a !== b) return a - b;
  }
}
