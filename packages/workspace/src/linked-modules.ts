import { lstatSync, mkdirSync, readdirSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';

/** A `node_modules` of the user's tree, offered in the copy as a folder of links. */
export interface LinkedModules {
  /** Relative to the tree, or to the project that it lies in, with `/`. */
  readonly at: string;
  /** The user's folder, absolute and without links. */
  readonly source: string;
}

/** Folders in `node_modules` that tools write to; they are our own, never the user's. */
export const cacheFolders: readonly string[] = ['.cache', '.vite', '.vite-temp', '.vitest'];

/** Finds `node_modules` beside the files of a tree. A link is followed only to a folder that is itself named so. */
export function findModules(directory: string, files: readonly string[]): readonly LinkedModules[] {
  const folders = new Set<string>(['.']);
  for (const file of files) {
    for (let folder = dirname(file); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  const found: LinkedModules[] = [];
  for (const folder of [...folders].sort()) {
    const path = join(directory, folder, 'node_modules');
    const source = realFolder(path);
    if (source !== undefined && basename(source) === 'node_modules')
      found.push({ at: folder === '.' ? 'node_modules' : `${folder}/node_modules`, source });
  }
  return found;
}

/** The folders of links of one copy. */
export interface ModuleLinks {
  /** Makes them as they must be: at first, and when a command or the user has changed something since. */
  ensure(): void;
}

/**
 * Links each package of the user's workspaces to its place in the copy, so that changed code is what runs; all others
 * to where they are.
 */
export function createModuleLinks(place: {
  /** The copy of the project, in which the modules are. */
  readonly copy: string;
  /** The copy of the tree, equal to `copy` or a folder of it. */
  readonly root: string;
  /** The user's tree. */
  readonly directory: string;
  readonly modules: readonly LinkedModules[];
}): ModuleLinks {
  const { copy, root, directory, modules } = place;
  let known: string | undefined;
  let visited: string[] = [];
  // Whatever is done to an entry of a folder changes the folder's time of change, which cannot be set back.
  const stamp = (): string =>
    visited
      .map((folder) => {
        const stats = lstatSync(folder, { throwIfNoEntry: false });
        return stats === undefined ? '-' : `${stats.ino} ${stats.ctimeMs}`;
      })
      .join();

  function linkFolder(folder: string, from: string): void {
    visited.push(folder, from);
    makeFolder(folder);
    const wanted = readdirSync(from, { withFileTypes: true }).filter((entry) => !cacheFolders.includes(entry.name));
    const names = new Set(wanted.map((entry) => entry.name));
    for (const name of readdirSync(folder))
      if (!names.has(name) && !cacheFolders.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
    for (const entry of wanted) {
      const path = join(folder, entry.name);
      const original = join(from, entry.name);
      if (entry.isDirectory() && (entry.name.startsWith('@') || entry.name === '.bin')) linkFolder(path, original);
      else makeLink(path, entry.isSymbolicLink() ? linkTarget(original, path) : original);
    }
  }

  function linkTarget(original: string, path: string): string {
    // Launchers point beside themselves (`../vitest/vitest.mjs`): the same text works in our folder.
    if (basename(dirname(original)) === '.bin') return readlinkSync(original);
    const real = realFolder(original);
    if (real === undefined) return original;
    const inside = relative(directory, real);
    const isOfTheTree = !inside.startsWith('..') && !inside.split(sep).includes('node_modules');
    return isOfTheTree ? relative(dirname(path), join(root, inside)) : real;
  }

  return {
    ensure() {
      if (known !== undefined && known === stamp()) return;
      visited = [];
      for (const { at, source } of modules) {
        const folder = join(copy, at);
        visited.push(dirname(folder));
        // A command may have removed the folder, or put a link in its place that leads out of the copy.
        if (realFolder(source) === undefined || realFolder(dirname(folder)) !== dirname(folder)) continue;
        linkFolder(folder, source);
        for (const cache of cacheFolders) makeFolder(join(folder, cache));
      }
      known = stamp();
    },
  };
}

function makeFolder(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return;
  if (stats !== undefined) rmSync(path, { force: true });
  mkdirSync(path);
}

function makeLink(path: string, target: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() === true && readlinkSync(path) === target) return;
  if (stats !== undefined) rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path, 'junction');
}

function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}
