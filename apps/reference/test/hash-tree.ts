import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';

/** Hash of every name, mode, time and byte below a folder. */
export async function hashTree(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const file = path.join(folder, name);
    const entry = await lstat(file);
    const content = entry.isSymbolicLink() ? await readlink(file) : entry.isFile() ? await readFile(file) : '';
    hash.update(`${name} ${String(entry.mode)} ${String(entry.mtimeMs)}\n`).update(content);
  }
  return hash.digest('hex');
}
