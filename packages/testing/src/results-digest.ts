import { createHash } from 'node:crypto';
import { stableJson } from './evidence-head.ts';

/** What differs between two honest runs: times, and texts with times, places and random names in them. */
const volatile = new Set(['durationMs', 'cpuMs', 'peakMemoryBytes', 'resources', 'message', 'reason', 'killedBy']);

/** Hex SHA-256 of results without what differs from run to run, lists in one order. */
export function resultsDigest(results: unknown): string {
  return createHash('sha256').update(stableJson(normalise(results))).digest('hex');
}

function normalise(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalise).map((part) => ({ part, text: stableJson(part) ?? '' })).sort((left, right) => (left.text < right.text ? -1 : left.text > right.text ? 1 : 0)).map(({ part }) => part);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !volatile.has(key)).map(([key, part]) => [key, normalise(part)]));
}
