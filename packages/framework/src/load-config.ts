import path from 'node:path';
import { findConfigFile, openConfigFile, readConfigFile, readPackageConfig } from './config-file.ts';
import type { ConfigFile } from './config-file.ts';
import { reachOf } from './config-reach.ts';
import { checkReferences } from './config-references.ts';
import { readEnvironmentLayer, withEnvironmentLayer } from './environment-layer.ts';
import type { EnvironmentValue } from './environment-layer.ts';
import { parseConfig } from './config.ts';
import type { Config, WorkflowConfig } from './config.ts';
import { isContributedName } from './contributed-name.ts';
import { FrameworkError } from './framework-error.ts';
import { createTrust } from './trust.ts';

export interface LoadConfigOptions {
  /** Absolute folder that the project's config is looked for in; nowhere above it. */
  readonly workspace: string;
  /** Takes the place of the project's config. */
  readonly file?: string;
  /** Absolute; holds the user's config and the grants. */
  readonly home: string;
  /** `FW_MODEL`, and what `readEnvironmentLayer` says, are read from it. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** The lowest layer. */
  readonly defaults?: Config;
  /** The highest layer: `model` is used by all agents. */
  readonly flags?: { readonly model?: string };
  /** Trusts what would otherwise be refused, now and for this content in future. */
  readonly trust?: boolean;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where each value comes from, by `section.key`. */
  readonly origins: { readonly [key: string]: string };
}

const projectNames = ['fw.config.ts', 'fw.config.js', 'fw.config.json', 'fw.config.yaml'];

/**
 * Joins the layers: defaults, the user's file, the project's file, `FW_MODEL` and the other variables, flags. Sections
 * are joined key by key; the value under a key is taken whole from the highest layer that has it, and a variable such as
 * `FW_BUDGETS_RUN_USD` takes the place of that one value.
 * @throws FrameworkError `FW_CONFIG_INVALID`, `FW_CONFIG_NOT_FOUND`, `FW_CONFIG_UNTRUSTED`.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const variables = readEnvironmentLayer(options.environment);
  const below = join([
    { source: 'defaults', config: options.defaults ?? {} },
    ...await readUserLayer(options),
    ...await readProjectLayer(options),
    ...readModelLayer('FW_MODEL', options.environment['FW_MODEL']),
  ]);
  const loaded = join(readModelLayer('--model', options.flags?.model), withVariables(below, variables));
  checkReferences(loaded);
  return loaded;
}

interface Layer {
  readonly source: string;
  readonly config: Config;
}

async function readUserLayer({ home }: LoadConfigOptions): Promise<Layer[]> {
  const file = await findConfigFile(home, ['config.json', 'config.yaml']);
  return file === undefined ? [] : [{ source: file.file, config: await readConfig(file) }];
}

async function readProjectLayer(options: LoadConfigOptions): Promise<Layer[]> {
  if (options.file !== undefined) {
    const named = await openConfigFile(path.resolve(options.file));
    if (named.isCode) await requireTrust(named, 'is code', options);
    return [{ source: named.file, config: await readConfig(named) }];
  }
  const found = await findConfigFile(options.workspace, projectNames);
  if (found?.isCode === true) await requireTrust(found, 'is code', options);
  const inPackage = await readPackageConfig(options.workspace);
  if (found !== undefined && inPackage !== undefined) {
    throw new FrameworkError('FW_CONFIG_INVALID', { message: `${found.file}: package.json has a key "fw" as well; keep one of them.` });
  }
  if (found === undefined && inPackage === undefined) return [];
  const file = found ?? await openConfigFile(path.join(options.workspace, 'package.json'));
  const config = found === undefined ? await withDefinition(resolvePaths(parseConfig(inPackage, `${file.file} at "fw"`), options.workspace), options.workspace) : await readConfig(found);
  const reach = file.isCode ? undefined : reachOf(config);
  if (reach !== undefined) await requireTrust(file, reach, options);
  return [{ source: file.file, config }];
}

/**
 * The project's config file that trust is asked for, with its content; undefined where there is none.
 * @throws FrameworkError `FW_CONFIG_INVALID`.
 */
export async function findProjectConfig(workspace: string): Promise<{ readonly file: string; readonly content: string } | undefined> {
  const found = await findConfigFile(workspace, projectNames) ?? ((await readPackageConfig(workspace)) === undefined ? undefined : await openConfigFile(path.join(workspace, 'package.json')));
  return found === undefined ? undefined : { file: found.file, content: found.content };
}

async function requireTrust({ file, content }: ConfigFile, why: string, options: LoadConfigOptions): Promise<void> {
  const trust = createTrust(options.home);
  if (options.trust === true) return trust.grant(file, content);
  if (await trust.has(file, content)) return;
  throw new FrameworkError('FW_CONFIG_UNTRUSTED', {
    message: `${file} ${why} and was not trusted yet, or has changed. Read it, then run the command again with --trust.`,
  });
}

async function readConfig(file: ConfigFile): Promise<Config> {
  return withDefinition(resolvePaths(parseConfig(await readConfigFile(file), file.file), path.dirname(file.file)), path.dirname(file.file));
}

/** The machine itself in place of its file's name: a run keeps it, whatever becomes of the file. */
async function withDefinition(config: Config, folder: string): Promise<Config> {
  const { workflow } = config;
  if (typeof workflow?.definition !== 'string' || isContributedName(workflow.definition)) return config;
  const file = await openConfigFile(path.resolve(folder, workflow.definition));
  if (file.isCode) throw new FrameworkError('FW_CONFIG_INVALID', { message: `${file.file}: a definition of a workflow is data, in a .json or .yaml file.` });
  return { ...config, workflow: { ...workflow, definition: await readConfigFile(file) as NonNullable<WorkflowConfig['definition']> } };
}

/** Relative paths in a file are relative to that file. */
function resolvePaths(config: Config, folder: string): Config {
  const resolve = (place: string): string => (/^\.\.?[\\/]/.test(place) ? path.resolve(folder, place) : place);
  const providers = Object.entries(config.providers ?? {}).map(([name, provider]) => (
    [name, typeof provider.script === 'string' ? { ...provider, script: path.resolve(folder, provider.script) } : provider] as const
  ));
  return {
    ...config,
    ...(config.providers === undefined ? {} : { providers: Object.fromEntries(providers) }),
    ...(config.plugins === undefined ? {} : { plugins: config.plugins.map((entry) => (typeof entry === 'string' ? resolve(entry) : { ...entry, use: resolve(entry.use) })) }),
  };
}

function readModelLayer(source: string, model: string | undefined): Layer[] {
  return model === undefined || model === '' ? [] : [{ source, config: { agents: { architect: model, developer: model, reviewer: model } } }];
}

function withVariables({ config, origins }: LoadedConfig, variables: readonly EnvironmentValue[]): LoadedConfig {
  return {
    config: withEnvironmentLayer(config, variables),
    origins: { ...origins, ...Object.fromEntries(variables.map(({ variable, path: keys }) => [keys.join('.'), variable])) },
  };
}

function join(layers: readonly Layer[], below: LoadedConfig = { config: {}, origins: {} }): LoadedConfig {
  const config: Record<string, unknown> = { ...below.config };
  const origins: Record<string, string> = { ...below.origins };
  for (const { source, config: layer } of layers) {
    for (const [section, value] of Object.entries(layer)) {
      if (value === undefined || section === '$schema') continue;
      if (typeof value !== 'object' || Array.isArray(value)) {
        config[section] = value;
        origins[section] = source;
        continue;
      }
      const before = config[section];
      config[section] = { ...(typeof before === 'object' ? before : {}), ...value };
      for (const key of Object.keys(value)) origins[`${section}.${key}`] = source;
    }
  }
  return { config: config as Config, origins };
}
