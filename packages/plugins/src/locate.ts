import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseManifest } from './manifest.ts';
import type { PluginManifest } from './manifest.ts';
import type { PluginIdentity } from './plugin-error.ts';
import { refuse } from './refusal.ts';

/** A plugin that was found and checked; none of its code has run. */
export interface LocatedPlugin extends PluginIdentity {
  /** The package's folder, or the file itself. */
  readonly source: string;
  /** Absolute, with symbolic links resolved. */
  readonly entry: string;
  /** Absent for a plain file. */
  readonly manifest?: PluginManifest;
}

export const entryExtensions: readonly string[] = ['.js', '.mjs', '.ts'];
const maximumManifestBytes = 1_048_576;

/**
 * Reads and checks the package in a folder.
 * @throws PluginError of stage `validate`.
 */
export async function locatePackage(folder: string): Promise<LocatedPlugin> {
  const unknown = { id: basename(folder), version: 'unknown' };
  const root = await realpath(folder).catch(() => refuse('FW_PLUGIN_NOT_FOUND', unknown, 'validate', `there is no folder ${folder}.`));
  const { manifest, version } = parseManifest(await readPackageJson(root, unknown), unknown.id);
  const plugin = { id: manifest.id, version };
  const entry = await realpath(resolve(root, manifest.entry)).catch(() => refuse('FW_PLUGIN_ENTRY', plugin, 'validate', `its entry ${manifest.entry} does not exist. Build it, or correct "fw.entry".`));
  if (!isInside(entry, root)) refuse('FW_PLUGIN_ENTRY', plugin, 'validate', `its entry ${manifest.entry} leads out of the package, to ${entry}.`);
  await checkEntry(entry, plugin);
  return { ...plugin, source: root, entry, manifest };
}

/**
 * A plain file of a trusted folder: its id is its name.
 * @throws PluginError of stage `validate`.
 */
export async function locateFile(file: string): Promise<LocatedPlugin> {
  const plugin = { id: basename(file, extname(file)), version: '0.0.0' };
  if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(plugin.id)) refuse('FW_PLUGIN_MANIFEST', plugin, 'validate', 'a file\'s name is its id: letters, digits, ".", "_" and "-", at most 64. Rename it.');
  const entry = await realpath(file);
  await checkEntry(entry, plugin);
  return { ...plugin, source: file, entry };
}

/** A package by name or path, from `directory`. @throws PluginError of stage `validate`. */
export async function locateSpecifier(specifier: string, directory: string): Promise<LocatedPlugin> {
  if (specifier.startsWith('file:')) return locatePackage(fileURLToPath(specifier));
  if (specifier.startsWith('.') || isAbsolute(specifier)) return locatePackage(resolve(directory, specifier));
  const unknown = { id: specifier, version: 'unknown' };
  if (!isPackageName(specifier)) return refuse('FW_PLUGIN_NOT_FOUND', unknown, 'validate', 'this is neither the name of a package nor a path that starts with "." or "/".');
  const folder = await findPackage(specifier, directory);
  return folder === undefined ? refuse('FW_PLUGIN_NOT_FOUND', unknown, 'validate', `it is not installed in ${directory} or above. Run npm install ${specifier}.`) : locatePackage(folder);
}

/** The folder of a package as Node would find it from `directory`, without running any of it. */
export async function findPackage(name: string, directory: string): Promise<string | undefined> {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (await isFile(join(candidate, 'package.json'))) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Keeps `../x` in a hostile package.json or config from being looked up as a path. */
export function isPackageName(name: string): boolean {
  return /^(?:@[\w-][\w.-]*\/)?[\w-][\w.-]*$/.test(name);
}

export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function readPackageJson(root: string, unknown: PluginIdentity): Promise<unknown> {
  const file = join(root, 'package.json');
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return refuse('FW_PLUGIN_MANIFEST', unknown, 'validate', `${root} has no package.json with an "fw" manifest.`);
  if (found.size > maximumManifestBytes) return refuse('FW_PLUGIN_MANIFEST', unknown, 'validate', `its package.json has ${found.size} bytes; at most ${maximumManifestBytes} are read.`);
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return refuse('FW_PLUGIN_MANIFEST', unknown, 'validate', `its package.json is not JSON: ${(error as Error).message}.`);
  }
}

async function checkEntry(entry: string, plugin: PluginIdentity): Promise<void> {
  if (!entryExtensions.includes(extname(entry))) refuse('FW_PLUGIN_ENTRY', plugin, 'validate', `its entry ${entry} is none of ${entryExtensions.join(', ')}.`);
  if (!(await isFile(entry))) refuse('FW_PLUGIN_ENTRY', plugin, 'validate', `its entry ${entry} is not a file.`);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
