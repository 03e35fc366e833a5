import type { ModelProvider } from '@fw/models';
import { PluginError } from '@fw/plugins';
import type { PluginStatus } from '@fw/plugins';
import { advise } from './config-issue.ts';
import type { Config, WorkflowConfig } from './config.ts';
import type { Contributed } from './contributed.ts';
import { isContributedName, pluginOf } from './contributed-name.ts';
import { settingsOf } from './engines.ts';
import { FrameworkError } from './framework-error.ts';

/**
 * The config with its machine in place of the name that a plugin gives it.
 * @throws PluginError why a plugin does not run, FrameworkError `FW_CONFIG_INVALID` where none contributes what the config names.
 */
export function withContributed(config: Config, { providers, workflows, engines }: Pick<Contributed, 'providers' | 'workflows' | 'engines'>, plugins: readonly PluginStatus[]): Config {
  requireProviders(config, providers, plugins);
  const { use } = settingsOf(config.engine);
  if (isContributedName(use)) requireContributed('engine', 'engine', use, engines, plugins);
  const { workflow } = config;
  if (typeof workflow?.definition !== 'string' || !isContributedName(workflow.definition)) return config;
  const definition = requireContributed('workflow.definition', 'workflow', workflow.definition, workflows, plugins);
  return { ...config, workflow: { ...workflow, definition: definition as unknown as NonNullable<WorkflowConfig['definition']> } };
}

function requireProviders({ providers = {} }: Config, present: ReadonlyMap<string, ModelProvider>, plugins: readonly PluginStatus[]): void {
  for (const [name, { use, apiKeyEnv }] of Object.entries(providers)) {
    if (!isContributedName(use)) continue;
    requireContributed(`providers.${name}.use`, 'provider', use, present, plugins);
    const plugin = plugins.find(({ id }) => id === pluginOf(use));
    if (apiKeyEnv === undefined || plugin?.isolation !== 'process' || plugin.permissions.env?.includes(apiKeyEnv) === true) continue;
    throw new FrameworkError('FW_CONFIG_INVALID', { message: `providers.${name}.apiKeyEnv: the plugin ${plugin.id} is not told ${apiKeyEnv}; it is granted ${plugin.permissions.env?.join(', ') || 'no variable'}. Name one of those, or leave it out.` });
  }
}

/** @throws PluginError why the plugin does not run, FrameworkError `FW_CONFIG_INVALID`. */
export function requireContributed<T>(place: string, what: string, name: string, present: ReadonlyMap<string, T>, plugins: readonly PluginStatus[]): T {
  const found = present.get(name);
  if (found !== undefined) return found;
  const plugin = plugins.find(({ id }) => id === pluginOf(name));
  const error = plugin?.status === 'active' ? undefined : plugin?.errors.at(-1);
  if (error !== undefined) throw new PluginError(error.code, { message: `${place}: "${name}" cannot be had. ${error.message}`, plugin: { id: error.plugin, version: error.version }, stage: error.stage });
  const known = [...present.keys()];
  throw new FrameworkError('FW_CONFIG_INVALID', { message: `${place}: no plugin of this config contributes the ${what} "${name}"${known.length === 0 ? '. List the plugin under "plugins"' : advise(name, known)}.` });
}
