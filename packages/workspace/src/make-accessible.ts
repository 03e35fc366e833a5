import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Gives the owner back what a command took away: the use of every folder and, if asked for, of every file. */
export async function makeAccessible(folder: string, options: { readonly files: boolean }): Promise<void> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats?.isDirectory() !== true) return;
  if ((stats.mode & 0o700) !== 0o700) await chmod(folder, (stats.mode & 0o7777) | 0o700).catch(() => undefined);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== 'node_modules') await makeAccessible(path, options);
      else if (entry.isFile() && options.files) await chmod(path, ((await lstat(path)).mode & 0o7777) | 0o600).catch(() => undefined);
    }),
  );
}
