import { createHash } from 'node:crypto';

/** Short hash of a file's text, by which a later edit proves that it saw this version. */
export function fileHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
