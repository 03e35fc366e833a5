import { lstatSync, mkdirSync, readdirSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';

/** A `node_modules` of the user's tree, offered in the copy as a folder of links. */
export interface LinkedModules {
  /** Relative to the copy, with `/`. */
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
    if (source !== undefined && basename(source) === 'node_modules') found.push({ at: folder === '.' ? 'node_modules' : `${folder}/node_modules`, source });
  }
  return found;
}

/**
 * Makes the folders of links as they must be, and repairs what a command did to them. A package of the user's
 * workspaces is linked to its place in the copy, so that changed code is what runs; all others to where they are.
 */
export function linkModules(copy: string, directory: string, modules: readonly LinkedModules[]): void {
  for (const { at, source } of modules) {
    const folder = join(copy, at);
    // A command may have removed the folder, or put a link in its place that leads out of the copy.
    if (realFolder(source) === undefined || realFolder(dirname(folder)) !== dirname(folder)) continue;
    linkFolder(folder, source, (entry, path) => linkTarget({ copy, directory, source }, entry, path));
    for (const cache of cacheFolders) makeFolder(join(folder, cache));
  }
}

function linkFolder(folder: string, source: string, target: (entry: string, path: string) => string): void {
  makeFolder(folder);
  const wanted = readdirSync(source, { withFileTypes: true }).filter((entry) => !cacheFolders.includes(entry.name));
  const names = new Set(wanted.map((entry) => entry.name));
  for (const name of readdirSync(folder)) if (!names.has(name) && !cacheFolders.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
  for (const entry of wanted) {
    const from = join(source, entry.name);
    const to = join(folder, entry.name);
    if (entry.isDirectory() && (entry.name.startsWith('@') || entry.name === '.bin')) linkFolder(to, from, target);
    else makeLink(to, target(from, to));
  }
}

function linkTarget(place: { readonly copy: string; readonly directory: string; readonly source: string }, entry: string, path: string): string {
  let text: string;
  try {
    text = readlinkSync(entry);
  } catch {
    return entry;
  }
  // Launchers point beside themselves (`../vitest/vitest.mjs`): the same text works in our folder.
  if (basename(dirname(entry)) === '.bin') return text;
  const real = realFolder(entry);
  if (real === undefined) return entry;
  const inside = relative(place.directory, real);
  const isOfTheTree = inside !== '' && !inside.startsWith('..') && !inside.split(sep).includes('node_modules');
  return isOfTheTree ? relative(dirname(path), join(place.copy, inside)) : real;
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
