import type { PluginIdentity } from './plugin-error.ts';
import { refuse } from './refusal.ts';

/** Any schema that speaks Standard Schema, such as zod's: a plugin brings its own copy of the library. */
export interface ConfigSchema<Config> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => ConfigResult<Config> | Promise<ConfigResult<Config>>;
    readonly types?: { readonly input: unknown; readonly output: Config } | undefined;
  };
}

export type ConfigResult<Config> = { readonly value: Config; readonly issues?: undefined } | { readonly issues: readonly ConfigIssue[] };

export interface ConfigIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The config as the plugin's schema gives it back.
 * @throws PluginError `FW_PLUGIN_CONFIG` naming each place that is wrong.
 */
export async function checkConfig(schema: ConfigSchema<unknown> | undefined, config: unknown, plugin: PluginIdentity): Promise<unknown> {
  if (schema === undefined) return config === undefined ? undefined : refuse('FW_PLUGIN_CONFIG', plugin, 'load', 'it takes no config. Remove it.');
  const result = await schema['~standard'].validate(config);
  if (result.issues === undefined) return result.value;
  return refuse('FW_PLUGIN_CONFIG', plugin, 'load', `its config cannot be used: ${result.issues.slice(0, 20).map(describe).join('; ')}.`);
}

function describe(issue: ConfigIssue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return `${path || 'config'}: ${issue.message}`;
}
