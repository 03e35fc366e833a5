import { checkConfig } from './config-schema.ts';
import { loadPlugin } from './load-plugin.ts';
import type { LocatedPlugin } from './locate.ts';
import type { PluginCode } from './plugin-code.ts';
import type { PluginContext, ProcessContext } from './plugin.ts';

/** Loads a plugin into this process: it can do what the process can do. */
export async function loadInline<Capabilities extends object>(located: LocatedPlugin, givenConfig: unknown, createContext: () => Capabilities): Promise<PluginCode> {
  const { id, version } = located;
  const identity = Object.freeze({ id, version });
  const plugin = await loadPlugin<Capabilities>(located);
  const config = await checkConfig(plugin.config, givenConfig, identity);
  const grant = { ...createContext(), plugin: identity, config };
  return {
    answers: plugin.process !== undefined,
    initialize: async (signal) => plugin.initialize(Object.freeze({ ...grant, signal }) as PluginContext<Capabilities>),
    process: async (event, signal) => plugin.process?.(Object.freeze({ ...grant, event, signal }) as ProcessContext<Capabilities>),
    cleanup: async () => plugin.cleanup?.(),
    release: async () => {},
  };
}
