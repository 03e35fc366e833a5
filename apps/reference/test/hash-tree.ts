import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** Hash of every name, mode, time and byte below a folder. */
export function hashTree(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(folder, name);
    const entry = lstatSync(file);
    const content = entry.isSymbolicLink() ? readlinkSync(file) : entry.isFile() ? readFileSync(file) : '';
    hash.update(`${name} ${String(entry.mode)} ${String(entry.mtimeMs)}\n`).update(content);
  }
  return hash.digest('hex');
}
