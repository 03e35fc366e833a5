import { randomBytes } from 'node:crypto';

/** Sorts by time, is short to type, and does not meet another. */
export function newRunId(now: Date = new Date()): string {
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `${time}-${randomBytes(3).toString('hex')}`;
}
