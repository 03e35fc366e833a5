import { pathToFileURL } from 'node:url';
import type { LocatedPlugin } from './locate.ts';
import type { Plugin } from './plugin.ts';
import type { PluginErrorCode } from './plugin-error.ts';
import { refuse } from './refusal.ts';

/** Imports a plugin's entry and reads its default export once, so that it cannot change under the host. */
export async function loadPlugin<Capabilities extends object>(located: LocatedPlugin): Promise<Plugin<Capabilities>> {
  const module = (await import(/* @vite-ignore */ pathToFileURL(located.entry).href)) as { readonly default?: unknown };
  const refuseLoad = (code: PluginErrorCode, message: string): never => refuse(code, located, 'load', message);
  const value = module.default;
  if (typeof value !== 'object' || value === null) return refuseLoad('FW_PLUGIN_INVALID', 'its entry has no default export made by definePlugin.');
  const { specVersion, config, initialize, process, cleanup } = value as { readonly [key in keyof Plugin]: unknown };
  if (specVersion !== 1) return refuseLoad('FW_PLUGIN_SPEC_VERSION', `it has specVersion ${JSON.stringify(specVersion)}, this host takes 1.`);
  if (typeof initialize !== 'function') return refuseLoad('FW_PLUGIN_INVALID', 'it has no function "initialize".');
  for (const [name, member] of Object.entries({ process, cleanup })) {
    if (member !== undefined && typeof member !== 'function') return refuseLoad('FW_PLUGIN_INVALID', `its "${name}" is no function.`);
  }
  return {
    specVersion,
    ...(config !== undefined && { config: config as NonNullable<Plugin['config']> }),
    initialize: initialize.bind(value) as Plugin<Capabilities>['initialize'],
    ...(typeof process === 'function' && { process: process.bind(value) as NonNullable<Plugin<Capabilities>['process']> }),
    ...(typeof cleanup === 'function' && { cleanup: cleanup.bind(value) as NonNullable<Plugin['cleanup']> }),
  };
}
