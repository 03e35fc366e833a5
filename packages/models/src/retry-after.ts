import { parseDuration } from './duration.ts';

const longestMs = 24 * 60 * 60 * 1_000;

interface HeaderReader {
  get(name: string): string | null;
}

/**
 * When a service wants to be asked again, in epoch milliseconds by our clock. `retry-after-ms` wins over
 * `retry-after`, a date is read relative to the service's own `date`, and nonsense is clamped or ignored. Without
 * either, the time at which a limit that is used up is said to be reset.
 */
export function retryTime(headers: HeaderReader, now: number): number | undefined {
  const waitMs = milliseconds(headers.get('retry-after-ms')) ?? waitIn(headers.get('retry-after'), headers, now) ?? untilReset(headers, now);
  return waitMs === undefined ? undefined : now + Math.min(Math.max(0, waitMs), longestMs);
}

function milliseconds(text: string | null): number | undefined {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** A number of seconds, a duration, or a date. */
function waitIn(text: string | null, headers: HeaderReader, now: number): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const duration = parseDuration(text);
  if (duration !== undefined) return duration;
  const seconds = milliseconds(text);
  return seconds === undefined ? untilDate(text, headers, now) : seconds * 1_000;
}

function untilDate(text: string, headers: HeaderReader, now: number): number | undefined {
  const at = Date.parse(text);
  const theirNow = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(at) ? undefined : at - (Number.isNaN(theirNow) ? now : theirNow);
}

const resets: readonly (readonly [remaining: string, reset: string])[] = [
  ...['requests', 'tokens'].map((what) => [`x-ratelimit-remaining-${what}`, `x-ratelimit-reset-${what}`] as const),
  ...['requests', 'tokens', 'input-tokens', 'output-tokens'].map((what) => [`anthropic-ratelimit-${what}-remaining`, `anthropic-ratelimit-${what}-reset`] as const),
];

function untilReset(headers: HeaderReader, now: number): number | undefined {
  const waits = resets.flatMap(([remaining, reset]) => (headers.get(remaining)?.trim() === '0' ? (waitIn(headers.get(reset), headers, now) ?? []) : []));
  return waits.length === 0 ? undefined : Math.max(...waits);
}
