import { hashPackage } from './integrity.ts';
import { locateSpecifier } from './locate.ts';
import type { PluginManifest } from './manifest.ts';
import type { PluginIdentity } from './plugin-error.ts';

/** What can be said of a plugin without running any of it. */
export interface InspectedPlugin extends PluginIdentity {
  /** The package's folder. */
  readonly source: string;
  readonly manifest: PluginManifest;
  /** sha512 of its files. */
  readonly integrity: string;
}

/** Finds and checks one package, by name or path from `directory`. @throws PluginError of stage `validate`. */
export async function inspectPlugin(specifier: string, directory: string): Promise<InspectedPlugin> {
  const located = await locateSpecifier(specifier, directory);
  const { id, version, source } = located;
  return { id, version, source, manifest: located.manifest as PluginManifest, integrity: await hashPackage(source, located) };
}
