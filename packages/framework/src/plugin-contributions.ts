import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { AgentRegistry, Json } from '@fw/agents-core';
import type { ModelRequest } from '@fw/models';
import { createPluginHost, hashPackage, PluginError } from '@fw/plugins';
import type { AddOptions, CheckedPlugin, PluginHost, PluginStatus } from '@fw/plugins';
import { createContainment } from '@fw/workspace';
import type { CommandContainment } from '@fw/workspace';
import type { Config, PluginEntry } from './config.ts';
import { createContributed } from './contributed.ts';
import type { Contributed } from './contributed.ts';
import type { FindProvider } from './contributed-provider.ts';
import type { PluginEngine } from './engines.ts';
import { modelOf } from './model-of.ts';
import { registryOf } from './model-registry.ts';
import type { Books } from './model-registry.ts';
import { createPluginGrants } from './plugin-grants.ts';
import { createPluginMemory } from './plugin-memory.ts';
import { parsePluginLock } from './plugin-lock.ts';
import { requireContributed, withContributed } from './require-contributed.ts';
import { createTrust } from './trust.ts';

/** Who answers for the plugins of the config. */
export interface PluginControl {
  /**
   * `required`: each needs the user's grant, kept in `home`, and its pin in the lock; a folder of plugins has to be
   * trusted. `none`: whoever calls `createFramework` answers for what its config lists.
   */
  readonly grants: 'required' | 'none';
  /** The section `plugins` of `fw.lock.json`. */
  readonly lock?: unknown;
  /** `none` only: ids of isolated plugins that may also run where there is no sandbox. */
  readonly trusted?: readonly string[];
}

export interface Contributions extends Pick<Contributed, 'tools' | 'validators' | 'panels' | 'budgetOf'> {
  readonly host: PluginHost;
  /** Loads what the config lists, packages and folders, and starts it. @throws PluginError for a required plugin. */
  load(entries: readonly (string | PluginEntry)[]): Promise<void>;
  /** A run has come to where plugins may want to be started: `onState:<state>`, `onTool:<tool>`. Nothing waits for it. */
  reach(event: string): void;
  /** @throws PluginError for a plugin that was refused: a run would be without what the user counts on. */
  requireUsable(): void;
  readonly findProvider: FindProvider;
  /** The config with what it takes from plugins by name. @throws FrameworkError `FW_CONFIG_INVALID`, PluginError when it is not there. */
  complete(config: Config): Config;
  /** @throws as `complete`. */
  engine(name: string): PluginEngine;
  /** Values that plugins are told, to be kept out of everything. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

export interface ContributionsOptions {
  readonly agents: AgentRegistry;
  readonly directory: string;
  readonly home: string;
  readonly config: Config;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly books: Books;
  readonly sandbox: 'required' | 'preferred' | 'off';
  readonly control: PluginControl;
}

/** Refusals that somebody has to decide on; what only fails is left out. */
const refusals: readonly string[] = ['FW_PLUGIN_GRANT', 'FW_PLUGIN_INTEGRITY', 'FW_PLUGIN_SANDBOX'];

export async function createContributions(options: ContributionsOptions): Promise<Contributions> {
  const { agents, directory, home, environment, sandbox, control, config } = options;
  const contributed = createContributed(agents);
  const secrets: string[] = [];
  const grants = createPluginGrants(home, directory);
  const { plugins: pins } = parsePluginLock(control.lock);
  const isUsed = (config.plugins ?? []).length > 0;
  const containment = isUsed && sandbox !== 'off' ? await createContainment().catch(() => undefined) : undefined;

  const host = createPluginHost({
    directory,
    context: (plugin) => contributed.capabilitiesOf(plugin),
    isolation: {
      ...contain(containment),
      bridge: new URL(import.meta.url.endsWith('.ts') ? './plugin-bridge.ts' : './plugin-bridge.js', import.meta.url).href,
      bridgePackages: ['@fw/agents-core'],
      memory: (plugin) => createPluginMemory(path.join(home, 'plugins', `${plugin.id}.json`)),
      accept: (plugin, thing) => contributed.accept(plugin, thing),
    },
    capabilities: {
      // Nobody writes to the user's own tree: agents write to the copy, through their context.
      roots: (plugin, access) => ({ workspace: access === 'read' ? directory : null, state: stateOf(home, plugin.id) }),
      exec: true,
      environment,
      generate: (plugin, request, limit) => generate(options, contributed, plugin.id, request, limit),
    },
  });

  const tell = ({ permissions }: CheckedPlugin): void => {
    for (const name of permissions.env ?? []) if (environment[name]) secrets.push(environment[name]);
  };

  /** What the user has said of a plugin, before it is looked at. */
  const addOptions = async (entry: string | PluginEntry): Promise<AddOptions> => {
    const { required = false, config: own } = typeof entry === 'string' ? {} : entry;
    const given = { required, ...(own !== undefined && { config: own }) };
    if (control.grants === 'none') return { ...given, trusted: (id) => control.trusted?.includes(id) === true, grant: tell };
    const trusted = (await grants.list()).filter((grant) => grant.trusted).map(({ id }) => id);
    return {
      ...given,
      trusted: (id) => trusted.includes(id),
      async grant(plugin) {
        const granted = await grants.find(plugin.id);
        if (granted?.enabled === false) refuse('FW_PLUGIN_GRANT', plugin, 'is disabled in this workspace. Enable it with: fw plugin enable ' + plugin.id);
        const difference = grants.compare(granted, plugin);
        if (granted === undefined) refuse('FW_PLUGIN_GRANT', plugin, `was not added by you in this workspace. It asks for ${difference.length === 0 ? 'nothing' : difference.join('; ')}. Add it with: fw plugin add ${nameOf(entry)}`);
        if (difference.length > 0) refuse('FW_PLUGIN_GRANT', plugin, `asks for more than you granted: ${difference.join('; ')}. Grant it with: fw plugin add ${nameOf(entry)}`);
        const pin = pins[plugin.id];
        if (pin === undefined) refuse('FW_PLUGIN_INTEGRITY', plugin, `is not pinned in fw.lock.json. Pin it with: fw plugin add ${nameOf(entry)}`);
        if (pin.integrity !== plugin.integrity) refuse('FW_PLUGIN_INTEGRITY', plugin, `has other files than fw.lock.json pins (version ${pin.version} there, ${plugin.version} here). Look at what changed, then pin it with: fw plugin add ${nameOf(entry)}`);
        tell(plugin);
      },
    };
  };

  return {
    host, secrets,
    tools: contributed.tools,
    validators: contributed.validators,
    panels: contributed.panels,
    budgetOf: (agent) => contributed.budgetOf(agent),
    findProvider: (use) => contributed.providers.get(use),
    complete: (used) => withContributed(used, contributed, host.list()),
    engine: (name) => requireContributed('engine', 'engine', name, contributed.engines, host.list()),
    async load(entries) {
      for (const entry of entries) {
        const place = nameOf(entry);
        if (await isPlainFolder(place, directory)) await loadFolder(host, path.resolve(directory, place), home, control);
        else await host.add(place, await addOptions(entry));
      }
      await host.initialize({ onDemand: true });
      for (const plugin of host.list()) {
        if (plugin.status !== 'ready') continue;
        // What a run is begun with has to be known then; validators are named by the manifest.
        if (plugin.required || Object.entries(plugin.contributes).some(([kind, names]) => kind !== 'validators' && names.length > 0)) await host.start(plugin.id).catch((error: unknown) => { if (plugin.required) throw error; });
        else contributed.declare(plugin, () => host.start(plugin.id));
      }
    },
    reach(event) {
      // What cannot be started is told to whoever calls it.
      host.activate(event).catch(() => undefined);
    },
    requireUsable() {
      const refused = host.list().flatMap((plugin): readonly PluginStatus['errors'][number][] => (plugin.status === 'failed' ? plugin.errors : [])).find(({ code }) => refusals.includes(code));
      if (refused !== undefined) throw new PluginError(refused.code, { message: refused.message, plugin: { id: refused.plugin, version: refused.version }, stage: refused.stage });
    },
    async close() {
      await host.cleanup();
      containment?.close();
    },
  };
}

/** One call of the model that the config chooses for this plugin, within what is left of its budget. */
async function generate({ config, environment, books }: ContributionsOptions, { providers, providing }: Contributed, id: string, request: Json, { maxUsd, signal }: { readonly maxUsd: number; readonly signal: AbortSignal }): Promise<{ readonly response: Json; readonly usd: number }> {
  // Else two of them could wait for each other.
  if (providing.has(id)) throw Object.assign(new Error('A plugin that contributes a model provider asks no models itself.'), { code: 'FW_PLUGIN_DENIED' });
  // A name of its own for each call: what is left is the whole of its budget.
  const { registry } = registryOf({ ...config, budgets: { ...config.budgets, plugin: { usd: maxUsd } } as NonNullable<Config['budgets']> }, environment, books, (use) => providers.get(use));
  const response = await registry.get(modelOf(config, id)).generate(request as unknown as ModelRequest, { signal, scope: { plugin: `${id} ${randomUUID()}`, agent: id } });
  const { costNanoUsd } = response.usage;
  return { response: response as unknown as Json, usd: costNanoUsd === 'unknown' ? maxUsd : costNanoUsd / 1e9 };
}

/** Plain files have no manifest to hold them to: the folder is trusted as it is, or it is left alone. */
async function loadFolder(host: PluginHost, folder: string, home: string, control: PluginControl): Promise<void> {
  if (control.grants === 'required' && !(await createTrust(home).has(folder, await hashPluginFolder(folder)))) {
    throw new PluginError('FW_PLUGIN_GRANT', {
      message: `The folder of plugins ${folder} was not trusted, or has changed since. Read it, then trust it with: fw trust ${folder}`,
      plugin: { id: path.basename(folder), version: 'unknown' }, stage: 'validate',
    });
  }
  await host.load(folder, { trusted: true });
}

/** What trust in a folder of plugins is bound to: all its files. */
export function hashPluginFolder(folder: string): Promise<string> {
  return hashPackage(folder, { id: path.basename(folder), version: 'unknown' });
}

function contain(containment: CommandContainment | undefined): { readonly contain?: CommandContainment['contain'] } {
  return containment === undefined ? {} : { contain: (request) => containment.contain(request) };
}

/** A folder of the plugin's own, kept in the user's home. */
function stateOf(home: string, id: string): string {
  const folder = path.join(home, 'plugins', id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function refuse(code: PluginError['code'], plugin: CheckedPlugin, what: string): never {
  throw new PluginError(code, { message: `Plugin ${plugin.id} ${what}.`, plugin, stage: 'validate' });
}

const nameOf = (entry: string | PluginEntry): string => (typeof entry === 'string' ? entry : entry.use);

/** A folder of plugins, rather than the folder of one. */
async function isPlainFolder(entry: string, directory: string): Promise<boolean> {
  if (!entry.startsWith('.') && !path.isAbsolute(entry)) return false;
  const folder = path.resolve(directory, entry);
  const exists = (file: string): Promise<boolean> => stat(file).then((found) => found.isDirectory() || found.isFile(), () => false);
  return (await stat(folder).then((found) => found.isDirectory(), () => false)) && !(await exists(path.join(folder, 'package.json')));
}
