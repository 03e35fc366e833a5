import { access } from 'node:fs/promises';
import path from 'node:path';
import type { Config, Framework, FrameworkOptions, LoadedConfig } from '@fw/framework';
import { AppError } from './app-error.ts';
import type { CliContext } from './cli-context.ts';
import { adviceOnModels, detectProviders, detectServers, keyNames, serverNames } from './detect-providers.ts';
import { homeFolder, makeHome } from './home-folder.ts';
import { readLockFile } from './lock-file.ts';
import { openRestateEngine } from './restate-engine.ts';
import { startTelemetry } from './start-telemetry.ts';
import { useProxies } from './use-proxies.ts';

export interface ConfigSource {
  /** Absolute. */
  readonly workspace: string;
  /** `--config` of this or of the run's first command. */
  readonly file?: string;
  /** `--model`. */
  readonly model?: string;
}

export interface RunSource extends ConfigSource {
  readonly sandbox: 'required' | 'preferred' | 'off';
  /** Below every layer of the config. */
  readonly defaults?: Config;
}

/**
 * The config as this user, in this folder, with these flags, has it. With `servers` a config that would have no provider
 * for its model gets those of the model servers that run on this machine. Opens nothing.
 */
export async function readConfig(context: CliContext, source: ConfigSource & Partial<Pick<RunSource, 'defaults'>> & { readonly servers?: boolean }): Promise<LoadedConfig> {
  const { loadConfig } = await import('@fw/framework');
  const load = (defaults: Config): Promise<LoadedConfig> => loadConfig({
    workspace: source.workspace,
    home: homeFolder(context.environment),
    environment: context.environment,
    defaults,
    trust: context.trust,
    ...(source.file === undefined ? {} : { file: source.file }),
    ...(source.model === undefined ? {} : { flags: { model: source.model } }),
  });
  const defaults = { ...source.defaults, ...detectProviders(context.environment).config };
  let loaded: LoadedConfig | undefined;
  try {
    loaded = await load(defaults);
    if (source.servers !== true || !wantsServer(loaded.config, source.model)) return loaded;
  } catch (error) {
    // It may name a server that nobody has to configure.
    if (source.servers !== true || (error as { readonly code?: unknown }).code !== 'FW_CONFIG_INVALID') throw error;
  }
  const { providers, models } = await detectServers(context.environment);
  if (providers === undefined) return loaded ?? load(defaults);
  const chosen = loaded === undefined || source.model !== undefined ? {} : { models };
  return load({ ...defaults, ...chosen, providers: { ...providers, ...defaults.providers } });
}

/** Nothing is configured and the model is not one of a service that only lacks its key, or it is named as one of a server. */
function wantsServer(config: Config, model: string | undefined): boolean {
  const provider = /^([^/]+)\/./.exec(model ?? '')?.[1];
  if (provider !== undefined) return serverNames.includes(provider) && !Object.hasOwn(config.providers ?? {}, provider);
  return Object.keys(config.providers ?? {}).length === 0;
}

/** A framework that can call models. @throws AppError `FW_USAGE` or `FW_PROVIDER_UNAVAILABLE` when no model can be had. */
export async function openForRun(context: CliContext, source: RunSource): Promise<Framework> {
  const { config } = await readConfig(context, { ...source, servers: true });
  requireModel(config, source.model);
  return openWith(context, config, source);
}

/** A framework that can call models, with the config it has; for runs on folders that are no workspace of the user's. */
export async function openForEvaluation(context: CliContext, source: RunSource): Promise<{ readonly config: Config; readonly framework: Framework }> {
  const { config } = await readConfig(context, { ...source, servers: true });
  requireModel(config, source.model);
  return { config, framework: await openWhole(context, config, source) };
}

/** A framework for a run that has its models already; the config gives plugins and the names of keys. */
export async function openForResume(context: CliContext, source: RunSource): Promise<Framework> {
  const { config } = await readConfig(context, source);
  return openWith(context, config, source);
}

/** A framework that works on runs that others began; their models are those that they began with. */
export async function openForWorker(context: CliContext, config: Config): Promise<Framework> {
  await makeHome(homeFolder(context.environment));
  return openWhole(context, config, { workspace: context.directory, sandbox: 'required' });
}

async function openWith(context: CliContext, config: Config, source: RunSource): Promise<Framework> {
  await makeHome(homeFolder(context.environment), source.workspace);
  return openWhole(context, config, source);
}

async function openWhole(context: CliContext, config: Config, source: RunSource): Promise<Framework> {
  useProxies(context.environment);
  const telemetry = await startTelemetry(context.environment, (message) => { context.terminal.note(message); });
  const { createFramework } = await import('@fw/framework');
  return createFramework({
    config,
    ...await controlPlugins(config, source.workspace),
    home: homeFolder(context.environment),
    engines: { restate: openRestateEngine },
    ...(telemetry !== undefined && { listeners: [telemetry] }),
    logging: readLogging(context.environment),
    environment: detectProviders(context.environment).environment,
    directory: source.workspace,
    sandbox: source.sandbox,
  });
}

/** `FW_LOG`: a file that the log goes to. Never from a config, which may have come with the project. */
function readLogging(environment: CliContext['environment']): { readonly destination?: string } {
  const { FW_LOG: file = '' } = environment;
  return file === '' ? {} : { destination: path.resolve(file) };
}

/** The runs that there are. @throws AppError `FW_RUN_UNKNOWN` when there never was one: asking makes no folder. */
export async function openStore(context: CliContext): Promise<Framework> {
  const home = homeFolder(context.environment);
  await access(home).catch(() => { throw new AppError('FW_RUN_UNKNOWN', { message: `There is no run yet in ${home}.` }); });
  return openWithoutModels(context);
}

/** A framework for what needs no model: the store of runs, the gate, plugins. */
export async function openWithoutModels(context: CliContext, config: Config = {}): Promise<Framework> {
  const { policy, plugins, workspace, workflow } = config;
  await makeHome(homeFolder(context.environment));
  const { createFramework } = await import('@fw/framework');
  return createFramework({
    config: {
      ...(policy === undefined ? {} : { policy }),
      ...(plugins === undefined ? {} : { plugins }),
      ...(workspace === undefined ? {} : { workspace }),
      ...(workflow === undefined ? {} : { workflow }),
    },
    ...await controlPlugins(config, context.directory),
    home: homeFolder(context.environment),
    engines: { restate: openRestateEngine },
    environment: context.environment,
    directory: context.directory,
    sandbox: 'preferred',
  });
}

/** A config may come with a repository: its plugins need the user's grant and their pin. */
export async function controlPlugins(config: Config, workspace: string): Promise<Pick<FrameworkOptions, 'plugins'>> {
  if ((config.plugins ?? []).length === 0) return {};
  return { plugins: { grants: 'required', lock: (await readLockFile(path.join(workspace, 'fw.lock.json')))['plugins'] } };
}

function requireModel(config: Config, model: string | undefined): void {
  const providers = Object.keys(config.providers ?? {});
  if (model !== undefined && !(model in (config.models ?? {}))) {
    const provider = /^([^/]+)\/./.exec(model)?.[1];
    if (provider === undefined) throw new AppError('FW_USAGE', { message: `--model "${model}" is not of the form provider/name.` });
    if (providers.includes(provider)) return;
    if (Object.hasOwn(keyNames, provider)) throw new AppError('FW_PROVIDER_UNAVAILABLE', { message: `--model "${model}" needs a key: set ${keyNames[provider]!.join(' or ')}.` });
    if (serverNames.includes(provider)) throw new AppError('FW_PROVIDER_UNAVAILABLE', { message: `--model "${model}": no ${provider} server answers on this machine. Start it and try again.` });
    throw new AppError('FW_USAGE', { message: `--model "${model}": there is no provider "${provider}". Known: ${[...new Set([...Object.keys(keyNames), ...providers])].join(', ')}.` });
  }
  if (model !== undefined || Object.keys(config.agents ?? {}).length > 0 || Object.keys(config.models ?? {}).length > 0) return;
  if (providers.length === 0) throw new AppError('FW_PROVIDER_UNAVAILABLE', { message: adviceOnModels });
  throw new AppError('FW_USAGE', { message: `The provider ${providers.join(', ')} can be used; say which model: --model ${String(providers[0])}/<name>.` });
}
