import { randomBytes } from 'node:crypto';
import { FrameworkError } from './framework-error.ts';

/** The time, so that ids sort by it, and randomness. */
export function newRunId(): string {
  return `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${randomBytes(3).toString('hex')}`;
}

/** Ids name folders. @throws FrameworkError `FW_RUN_ID`. */
export function requireRunId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,149}$/.test(id)) return id;
  throw new FrameworkError('FW_RUN_ID', { message: `"${id.slice(0, 200)}" cannot be the id of a run: letters, digits, ".", "_" and "-", at most 150, and a letter or digit first.` });
}
