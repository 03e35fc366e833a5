import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Gives the owner back what a command took away: reading and writing of every file, walking of every folder. */
export async function makeAccessible(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined || stats.isSymbolicLink()) return;
  const wanted = stats.mode | (stats.isDirectory() ? 0o700 : 0o600);
  if (wanted !== stats.mode) await chmod(path, wanted & 0o7777).catch(() => undefined);
  if (!stats.isDirectory()) return;
  for (const name of await readdir(path).catch(() => [])) if (name !== 'node_modules') await makeAccessible(join(path, name));
}
