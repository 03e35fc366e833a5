import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PluginMemory } from '@fw/plugins';

/** What a plugin registered, kept in the user's home, for the files and the config that it had: those alone. */
export function createPluginMemory(file: string): PluginMemory {
  return {
    async recall(key) {
      const kept = JSON.parse(await readFile(file, 'utf8')) as { readonly key?: unknown; readonly remembered?: unknown };
      return kept.key === key ? kept.remembered : undefined;
    },
    async keep(key, remembered) {
      if (remembered === undefined) return rm(file, { force: true });
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const next = `${file}.${randomUUID()}`;
      await writeFile(next, `${JSON.stringify({ key, remembered })}\n`, { mode: 0o600, flag: 'wx' });
      await rename(next, file);
    },
  };
}
