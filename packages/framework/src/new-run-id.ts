import { randomBytes } from 'node:crypto';

/** The time, so that ids sort by it, and randomness. */
export function newRunId(): string {
  return `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${randomBytes(3).toString('hex')}`;
}
