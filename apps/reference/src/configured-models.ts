import type { Config, ModelRegistry } from '@fw/framework';
import type { CliContext } from './cli-context.ts';
import { detectProviders } from './detect-providers.ts';
import { homeFolder } from './home-folder.ts';
import { readConfig } from './open-framework.ts';

export interface ConfiguredModels {
  readonly config: Config;
  /** Where each value comes from, by `section.key`. */
  readonly origins: { readonly [key: string]: string };
  /** The given environment, with stand-ins for keys that are not needed. */
  readonly environment: { readonly [name: string]: string | undefined };
}

/** The models of the folder's config, or of the servers on this machine when nothing is configured. */
export async function readModels(context: CliContext): Promise<ConfiguredModels> {
  const source = { workspace: context.directory, servers: true, ...(context.config === undefined ? {} : { file: context.config }) };
  const { config, origins } = await readConfig(context, source);
  return { config, origins, environment: detectProviders(context.environment).environment };
}

/** The registry as a description: it knows names, prices and limits, needs no key, and must not be called. */
export async function describeModels(context: CliContext, { config, environment }: ConfiguredModels): Promise<ModelRegistry> {
  const { createFramework } = await import('@fw/framework');
  const missing = Object.values(config.providers ?? {}).flatMap(({ apiKeyEnv }) => (apiKeyEnv !== undefined && (environment[apiKeyEnv] ?? '').trim() === '' ? [apiKeyEnv] : []));
  return createFramework({ config, home: homeFolder(context.environment), environment: { ...environment, ...Object.fromEntries(missing.map((name) => [name, 'not-set'])) } }).models;
}
