import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { entryExtensions, isInside, locateFile, locatePackage } from './locate.ts';
import type { LocatedPlugin } from './locate.ts';
import { refuse } from './refusal.ts';

/** Something in a plugin folder that is to be a plugin. */
export interface FolderEntry {
  readonly name: string;
  readonly path: string;
  /** @throws PluginError of stage `validate`. */
  locate(): Promise<LocatedPlugin>;
}

/**
 * Each `*.js`, `*.mjs`, `*.ts` file and each package folder in `folder`, by name. What links out of the folder is
 * refused: the trust was given to the folder.
 * @throws PluginError `FW_PLUGIN_NOT_FOUND`.
 */
export async function listPluginFolder(folder: string): Promise<readonly FolderEntry[]> {
  const root = await realpath(folder).catch(() => missing(folder));
  const names = await readdir(root).catch(() => missing(folder));
  const entries = await Promise.all(names.sort().map((name) => inspect(root, name)));
  return entries.filter((entry) => entry !== undefined);
}

async function inspect(root: string, name: string): Promise<FolderEntry | undefined> {
  if (name.startsWith('.') || name === 'node_modules' || name.endsWith('.d.ts')) return undefined;
  const path = join(root, name);
  const found = await stat(path).catch(() => undefined);
  const isPackage = found?.isDirectory() && (await stat(join(path, 'package.json')).catch(() => undefined))?.isFile();
  if (!isPackage && !(found?.isFile() && entryExtensions.includes(extname(name)))) return undefined;
  return {
    name,
    path,
    async locate() {
      const target = await realpath(path);
      if (!isInside(target, root)) refuse('FW_PLUGIN_ENTRY', { id: name, version: 'unknown' }, 'validate', `it leads out of the folder ${root}, to ${target}.`);
      return isPackage ? locatePackage(path) : locateFile(path);
    },
  };
}

function missing(folder: string): never {
  return refuse('FW_PLUGIN_NOT_FOUND', { id: folder, version: 'unknown' }, 'validate', `there is no folder ${folder} to load plugins from.`);
}
