const longestMs = 24 * 60 * 60 * 1_000;

/**
 * When a service wants to be asked again, in epoch milliseconds by our clock. `retry-after-ms` wins over
 * `retry-after`, a date is read relative to the service's own `date`, and nonsense is clamped or ignored.
 */
export function retryTime(headers: { get(name: string): string | null }, now: number): number | undefined {
  const waitMs = milliseconds(headers.get('retry-after-ms')) ?? seconds(headers.get('retry-after')) ?? untilDate(headers, now);
  return waitMs === undefined ? undefined : now + Math.min(Math.max(0, waitMs), longestMs);
}

function milliseconds(text: string | null): number | undefined {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}

function seconds(text: string | null): number | undefined {
  const value = milliseconds(text);
  return value === undefined ? undefined : value * 1_000;
}

function untilDate(headers: { get(name: string): string | null }, now: number): number | undefined {
  const at = Date.parse(headers.get('retry-after') ?? '');
  const theirNow = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(at) ? undefined : at - (Number.isNaN(theirNow) ? now : theirNow);
}
