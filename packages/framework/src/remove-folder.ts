import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Removes a folder with all that is in it, and gives what its files held in bytes. */
export async function removeFolder(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (entry.isFile()) bytes += await stat(path.join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0);
  }
  await rm(folder, { recursive: true, force: true });
  return bytes;
}
