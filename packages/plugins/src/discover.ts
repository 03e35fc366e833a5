import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withZod } from './with-zod.ts';
import { findPackage, isPackageName, locatePackage } from './locate.ts';
import { pluginKeyword } from './manifest.ts';
import type { PluginManifest } from './manifest.ts';
import { PluginError } from './plugin-error.ts';
import type { PluginFailure } from './plugin-error.ts';

/** A direct dependency that says it is a plugin. */
export type DiscoveredPlugin =
  | { readonly status: 'usable'; readonly name: string; readonly version: string; readonly source: string; readonly manifest: PluginManifest }
  | { readonly status: 'unusable'; readonly name: string; readonly version: string; readonly source: string; readonly failure: PluginFailure };

const names = withZod((z) => z.record(z.string(), z.unknown()).catch({}));
const dependenciesOf = withZod((z) => z.object({ dependencies: names, devDependencies: names, optionalDependencies: names }));
const packageHead = withZod((z) => z.object({ version: z.string().catch('unknown'), keywords: z.array(z.string()).catch([]) }));

/**
 * The plugins among the direct dependencies of the package in `directory`, by name. Reads package.json files,
 * runs nothing and loads nothing: what is used is the user's choice. Empty where there is no package.json.
 */
export async function discoverPlugins(directory: string): Promise<readonly DiscoveredPlugin[]> {
  const root = dependenciesOf.safeParse(await readJson(join(directory, 'package.json')));
  if (!root.success) return [];
  const { dependencies, devDependencies, optionalDependencies } = root.data;
  const direct = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(isPackageName).sort();
  const found = await Promise.all(direct.map((name) => inspect(name, directory)));
  return found.filter((plugin) => plugin !== undefined);
}

async function inspect(name: string, directory: string): Promise<DiscoveredPlugin | undefined> {
  const source = await findPackage(name, directory);
  if (source === undefined) return undefined;
  const head = packageHead.safeParse(await readJson(join(source, 'package.json')));
  if (!head.success || !head.data.keywords.includes(pluginKeyword)) return undefined;
  const { version } = head.data;
  try {
    const located = await locatePackage(source);
    return { status: 'usable', name, version, source: located.source, manifest: located.manifest as PluginManifest };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    return { status: 'unusable', name, version, source, failure: error.toJSON() };
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}
