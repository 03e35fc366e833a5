import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCapabilityCalls } from './capability-calls.ts';
import type { HostCapabilities } from './capability-calls.ts';
import { loadInline } from './inline-plugin.ts';
import { hashPackage } from './integrity.ts';
import { loadIsolated } from './isolated-plugin.ts';
import type { Json } from './json.ts';
import { findPackage, locatePackage, locateSpecifier } from './locate.ts';
import type { LocatedPlugin } from './locate.ts';
import type { PluginPermissions } from './manifest.ts';
import { findClosure } from './package-closure.ts';
import type { PackageClosure } from './package-closure.ts';
import { listPluginFolder } from './plugin-folder.ts';
import type { ContainCommand } from './plugin-process.ts';
import { recallPlugin } from './plugin-memory.ts';
import type { PluginMemory, RememberedPlugin } from './plugin-memory.ts';
import { createGrantedCapabilities } from './plugin-side.ts';
import { PluginError } from './plugin-error.ts';
import type { PluginFailure, PluginIdentity } from './plugin-error.ts';
import type { PluginStatus } from './plugin-status.ts';
import { createProcessPool } from './process-pool.ts';
import { refuse } from './refusal.ts';
import type { PluginScope } from './registrations.ts';
import { createRunningPlugin } from './running-plugin.ts';
import type { PluginTimeouts, RunningPlugin } from './running-plugin.ts';
import type { AcceptRemote } from './remote.ts';

export interface PluginHostOptions<Capabilities extends object> {
  /** Builds what one inline plugin may use, beside `capabilities`. Called once for each, before its `initialize`. */
  readonly context: (plugin: PluginScope) => Capabilities;
  /** How plugins of `isolation: "process"` are run; without it they are refused. */
  readonly isolation?: IsolationOptions;
  /** What can be granted to plugins, as `context.files`, `fetch`, `env` and `models`. */
  readonly capabilities?: HostCapabilities;
  /** Where names of packages and relative paths are resolved from. Default: the working directory. */
  readonly directory?: string;
  /** Win over a manifest's; the defaults are 5000, 60000 and 3000. */
  readonly timeouts?: Partial<PluginTimeouts>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

export interface IsolationOptions {
  /** How a process is put into a sandbox. Without it only plugins that are added as `trusted` run, and `net` and `env` are not enforced. */
  readonly contain?: ContainCommand;
  /** Adds what a plugin contributes. Default: it is kept under its name and shown by `list()`. */
  readonly accept?: AcceptRemote;
  /** URL of a module that runs in the plugin's process and whose default export makes contributions ready to be called across. */
  readonly bridge?: string;
  /** Names of the packages that the bridge imports. */
  readonly bridgePackages?: readonly string[];
  /** Lets a plugin whose contributions are known be started when one of them is first called. Default: started by `initialize`. */
  readonly memory?: (plugin: PluginIdentity) => PluginMemory;
  /** Of JavaScript's heap, for each process; default 256. */
  readonly memoryMebibytes?: number;
}

export interface AddOptions {
  /** Checked by the plugin's own schema. */
  readonly config?: unknown;
  /** Its failure to start throws, and it is never switched off. */
  readonly required?: boolean;
  /** Pinned sha512 of its files: others are refused before any of its code runs, each time that it is started. */
  readonly integrity?: string;
  /** An isolated plugin that may also run without a sandbox; by its id, where that is not known yet. */
  readonly trusted?: boolean | ((id: string) => boolean);
  /** Asked when the plugin was checked and before any of its code runs; what it throws leaves the plugin out. */
  readonly grant?: (plugin: CheckedPlugin) => void | Promise<void>;
}

/** A plugin that was found and checked; none of its code has run. */
export interface CheckedPlugin extends PluginIdentity {
  readonly source: string;
  readonly permissions: PluginPermissions;
  readonly isolation: 'inline' | 'process';
  /** sha512 of its files. */
  readonly integrity: string;
}

export interface InitializeOptions extends CallHostOptions {
  /** Leaves plugins with an `activation` for `activate` or `start`. What one in a process contributes is offered all the same where it is remembered: that runs nothing of it. */
  readonly onDemand?: boolean;
}

export interface CallHostOptions {
  readonly signal?: AbortSignal;
}

/** How one plugin answered an event. */
export type PluginOutcome = PluginIdentity &
  ({ readonly status: 'done'; readonly result: Json } | { readonly status: 'failed'; readonly error: PluginFailure });

/** Runs plugins of one process. Knows nothing of what they are for. */
export interface PluginHost {
  /** Checks everything in a trusted folder that is a plugin, by name. Runs none of it. */
  load(folder: string, options?: AddOptions): Promise<readonly PluginStatus[]>;
  /** Checks one package, by name or by path. Runs none of it. */
  add(specifier: string, options?: AddOptions): Promise<PluginStatus>;
  /** Imports and starts each plugin that is not yet started, in order. */
  initialize(options?: InitializeOptions): Promise<readonly PluginStatus[]>;
  /** Starts what waits for this event, such as `onTool:acme.ticket`: the plugin, or the process of one whose contributions were remembered. */
  activate(event: string, options?: CallHostOptions): Promise<void>;
  /**
   * Starts one plugin, whatever it waits for; nothing where it runs.
   * @throws PluginError why it cannot be started, `FW_PLUGIN_NOT_FOUND` for an id that is not there.
   */
  start(id: string, options?: CallHostOptions): Promise<void>;
  /**
   * Replaces a plugin by what its files are now: checked again, in a new process; what it contributed is taken back first.
   * @throws PluginError `FW_PLUGIN_NOT_FOUND` for an id that is not there, `FW_PLUGIN_ISOLATION` for one that runs inline.
   */
  reload(id: string, options?: AddOptions & CallHostOptions): Promise<PluginStatus>;
  /** A new run begins: budgets of plugins count anew. */
  beginRun(): void;
  /** Asks every plugin with a `process`, side by side; outcomes in the plugins' order. */
  process(event: Json, options?: CallHostOptions): Promise<readonly PluginOutcome[]>;
  /** Cleans up in reverse order and takes back what was registered. Never throws. */
  cleanup(): Promise<void>;
  list(): readonly PluginStatus[];
}

const defaults: PluginTimeouts = { initialize: 5_000, process: 60_000, cleanup: 3_000 };

/**
 * A plugin that fails is reported in `list()` and left out.
 * Its methods throw PluginError: for a required plugin that failed, `FW_PLUGIN_NOT_FOUND` for a missing folder,
 * `FW_PLUGIN_CLOSED` after `cleanup`.
 */
export function createPluginHost<Capabilities extends object>(options: PluginHostOptions<Capabilities>): PluginHost {
  const directory = resolve(options.directory ?? '.');
  const { isolation, capabilities = {} } = options;
  const plugins: HostedPlugin[] = [];
  const listed: (() => PluginStatus)[] = [];
  const taken = new Map<string, string>();
  const closing = new AbortController();
  const pool = createProcessPool({ contain: isolation?.contain, memoryMebibytes: isolation?.memoryMebibytes ?? 256 });
  let turn: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;

  /** One change of the plugin list at a time. */
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const next = turn.then(run, run);
    turn = next.catch(() => undefined);
    return next;
  };

  const checkOpen = (): void => {
    if (closed) throw new PluginError('FW_PLUGIN_CLOSED', { message: 'The plugin host was cleaned up. Create a new one.', plugin: { id: 'host', version: 'unknown' }, stage: 'cleanup' });
  };

  const linked = (signal: AbortSignal | undefined): AbortSignal => (signal ? AbortSignal.any([closing.signal, signal]) : closing.signal);

  const create = async (located: LocatedPlugin, added: AddOptions): Promise<HostedPlugin> => {
    const { id, version, manifest } = located;
    const isIsolated = manifest?.isolation === 'process';
    const isContained = isIsolated && isolation?.contain !== undefined;
    if (isIsolated && isolation === undefined) refuse('FW_PLUGIN_ISOLATION', located, 'validate', 'it asks for isolation "process", and this host runs plugins inline only.');
    const isTrusted = typeof added.trusted === 'function' ? added.trusted(id) : added.trusted === true;
    if (isIsolated && !isContained && !isTrusted) {
      refuse('FW_PLUGIN_SANDBOX', located, 'validate', 'there is no sandbox here to run it in, and it was not said to be trusted. Without one its network and environment cannot be held back.');
    }
    const permissions = manifest?.permissions ?? {};
    if (isIsolated && (permissions.exec ?? []).length > 0 && capabilities.exec !== true) refuse('FW_PLUGIN_PERMISSION', located, 'validate', 'it asks for exec, and this host runs no commands for plugins. Leave fw.permissions.exec empty.');
    let pinned = added.integrity;
    const verify = async (): Promise<string> => {
      const integrity = await hashPackage(located.source, located);
      if (pinned !== undefined && integrity !== pinned) {
        refuse('FW_PLUGIN_INTEGRITY', located, 'validate', `its files are not those that were pinned: ${integrity} in place of ${pinned}. Look at what changed before you pin them anew.`);
      }
      return integrity;
    };
    if (isIsolated || added.integrity !== undefined || added.grant !== undefined) {
      const integrity = await verify();
      await added.grant?.(Object.freeze({ id, version, source: located.source, permissions, isolation: isIsolated ? 'process' : 'inline', integrity }));
      // What was granted is what is started.
      if (added.grant !== undefined) pinned = integrity;
    }
    const closure = isIsolated ? await closureOf(located, isolation) : noClosure;
    const calls = createCapabilityCalls(located, isIsolated || options.capabilities !== undefined ? permissions : {}, capabilities);
    const timeouts = { ...defaults, ...manifest?.timeouts, ...options.timeouts };
    const mayShare = isIsolated && Object.values(permissions).every(isNothing) && added.config === undefined;
    if (mayShare) pool.expect({ readable: closure.folders, links: closure.links });
    const memory = isIsolated ? isolation?.memory?.(located) : undefined;
    const recall = async (): Promise<{ readonly key: string; readonly remembered: RememberedPlugin | undefined }> => {
      const key = createHash('sha256').update(`${await verify()} ${JSON.stringify(added.config) ?? ''}`).digest('hex');
      return { key, remembered: await recallPlugin(memory, key) };
    };
    let recalled: ReturnType<typeof recall> | undefined;
    return Object.assign(createRunningPlugin({
      located, required: added.required ?? false, timeouts, taken,
      now: options.now ?? Date.now,
      cost: () => calls.costUsd,
      placement: { isolation: isIsolated ? 'process' : 'inline', enforced: { fs: isIsolated, net: isContained, env: isContained } },
      async load(life, signal) {
        if (pinned !== undefined && !isIsolated) await verify();
        if (isIsolated) {
          const { key, remembered } = memory === undefined ? { key: '', remembered: undefined } : await (recalled ?? recall());
          recalled = undefined;
          return loadIsolated({
            remembered,
            keep: async (remembered) => memory?.keep(key, remembered).catch(() => undefined),
            located, config: added.config, scope: life.scope, closure, capabilities: calls, mayShare, pool, verify: async () => void (await verify()),
            accept: isolation?.accept ?? ((scope, { kind, name }) => scope.register(kind, name, () => () => {})),
            bridge: isolation?.bridge, startTimeoutMs: timeouts.initialize,
            stage: life.stage, invoke: life.invoke, note: life.note,
          }, signal);
        }
        return loadInline(located, added.config, () => ({
          ...(options.capabilities === undefined ? {} : createGrantedCapabilities((method, input) => calls.answer(method, input, closing.signal), calls.env)),
          ...options.context(life.scope),
        }));
      },
    }), {
      located, added, beginRun: () => calls.beginRun(), activation: manifest?.activation ?? [],
      async isRemembered() {
        if (memory === undefined) return false;
        recalled = recall();
        return recalled.then(({ remembered }) => remembered !== undefined, () => false);
      },
    });
  };

  const accept = async (source: string, locate: () => Promise<LocatedPlugin>, added: AddOptions): Promise<PluginStatus> => {
    try {
      const located = await locate();
      if (listed.some((status) => status().id === located.id && status().status !== 'failed')) {
        refuse('FW_PLUGIN_DUPLICATE', located, 'validate', `another plugin has this id already. ${located.source} is left out.`);
      }
      const plugin = await create(located, added);
      plugins.push(plugin);
      listed.push(plugin.status);
      return plugin.status();
    } catch (thrown) {
      const error = thrown instanceof PluginError ? thrown : unreadable(source, thrown);
      if (added.required === true) throw error;
      const status = refusedStatus(error, source);
      listed.push(() => status);
      return status;
    }
  };

  const start = async (plugin: HostedPlugin, signal: AbortSignal): Promise<void> => {
    await plugin.initialize(signal).catch(() => undefined);
    if (plugin.status().required && plugin.error) throw plugin.error;
  };

  return {
    load: (folder, addOptions = {}) => inTurn(async () => {
      checkOpen();
      const statuses: PluginStatus[] = [];
      for (const entry of await listPluginFolder(resolve(directory, folder))) statuses.push(await accept(entry.path, entry.locate, addOptions));
      return statuses;
    }),
    add: (specifier, addOptions = {}) => inTurn(async () => {
      checkOpen();
      return accept(specifier, () => locateSpecifier(specifier, directory), addOptions);
    }),
    initialize: ({ signal, onDemand = false } = {}) => inTurn(async () => {
      checkOpen();
      for (const plugin of plugins) if (!onDemand || plugin.activation.length === 0 || await plugin.isRemembered()) await start(plugin, linked(signal));
      return listed.map((status) => status());
    }),
    async activate(event, { signal } = {}) {
      const waiting = plugins.filter(({ activation }) => activation.includes(event));
      if (waiting.length === 0) return;
      await inTurn(async () => {
        checkOpen();
        for (const plugin of waiting) await start(plugin, linked(signal));
      });
      await Promise.all(waiting.map((plugin) => plugin.warm(linked(signal))));
    },
    start: (id, { signal } = {}) => inTurn(async () => {
      checkOpen();
      const plugin = plugins.find(({ located }) => located.id === id);
      if (plugin === undefined) return refuse('FW_PLUGIN_NOT_FOUND', { id, version: 'unknown' }, 'validate', 'no plugin of this id was added.');
      await start(plugin, linked(signal));
      if (plugin.error !== undefined) throw plugin.error;
    }),
    reload: (id, { signal, ...addOptions } = {}) => inTurn(async () => {
      checkOpen();
      const index = plugins.findIndex(({ located }) => located.id === id);
      const old = plugins[index];
      if (old === undefined) return refuse('FW_PLUGIN_NOT_FOUND', { id, version: 'unknown' }, 'validate', 'no plugin of this id was added.');
      if (old.located.manifest?.isolation !== 'process') return refuse('FW_PLUGIN_ISOLATION', old.located, 'load', 'it runs inline, where what was imported stays. Only a plugin of isolation "process" can be replaced while the host runs.');
      const located = await locatePackage(old.located.source);
      if (located.id !== id) refuse('FW_PLUGIN_MANIFEST', located, 'validate', `it was "${id}" before. Add it anew in place of reloading it.`);
      const next = await create(located, { ...old.added, ...addOptions });
      await old.cleanup();
      plugins[index] = next;
      listed[listed.indexOf(old.status)] = next.status;
      await start(next, linked(signal));
      return next.status();
    }),
    beginRun() {
      for (const plugin of plugins) plugin.beginRun();
    },
    async process(event, { signal } = {}) {
      checkOpen();
      const text = JSON.stringify(event) ?? 'null';
      return Promise.all(plugins.filter((plugin) => plugin.answers).map(async (plugin): Promise<PluginOutcome> => {
        const { id, version } = plugin.status();
        try {
          // A copy for each: one plugin cannot change what the next one sees.
          return { id, version, status: 'done', result: await plugin.process(JSON.parse(text) as Json, linked(signal)) };
        } catch (error) {
          return { id, version, status: 'failed', error: (error as PluginError).toJSON() };
        }
      }));
    },
    cleanup() {
      closing.abort();
      closed ??= inTurn(async () => {
        for (const plugin of [...plugins].reverse()) await plugin.cleanup();
        await pool.close();
      });
      return closed;
    },
    list: () => listed.map((status) => status()),
  };
}

interface HostedPlugin extends RunningPlugin {
  readonly located: LocatedPlugin;
  readonly added: AddOptions;
  readonly activation: readonly string[];
  /** What it contributes is known from when it ran before, with these files and this config. */
  isRemembered(): Promise<boolean>;
  beginRun(): void;
}

const noClosure: PackageClosure = { folders: [], links: [] };

/** All that its process reads. */
async function closureOf({ source }: LocatedPlugin, isolation: IsolationOptions | undefined): Promise<PackageClosure> {
  const own = await findClosure([source]);
  if (isolation?.bridge === undefined) return own;
  const bridge = await findBridge(isolation.bridge, isolation.bridgePackages ?? []);
  return { folders: [...own.folders, ...bridge.folders], links: [...own.links, ...bridge.links] };
}

/** The bridge's own folder alone, and the packages that it says that it imports. */
async function findBridge(bridge: string, packages: readonly string[]): Promise<PackageClosure> {
  const folder = dirname(fileURLToPath(bridge));
  const found = (await Promise.all(packages.map((name) => findPackage(name, folder)))).filter((place) => place !== undefined);
  const links = (await Promise.all(found.map(async (path) => ({ path, target: await realpath(path) })))).filter(({ path, target }) => path !== target);
  const closure = await findClosure(found);
  return { folders: [folder, join(folder, '../package.json'), ...closure.folders], links: [...links, ...closure.links] };
}

/** Nothing is asked for: also an empty list, or a budget of no dollars. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === 0) return true;
  return typeof value === 'object' && value !== null && Object.values(value).every(isNothing);
}

function unreadable(source: string, thrown: unknown): PluginError {
  return new PluginError('FW_PLUGIN_NOT_FOUND', {
    message: `Plugin ${source} cannot be read: ${(thrown as Error).message}.`, plugin: { id: source, version: 'unknown' }, stage: 'validate', cause: thrown,
  });
}

function refusedStatus(error: PluginError, source: string): PluginStatus {
  return {
    id: error.plugin,
    version: error.version,
    status: 'failed',
    required: false,
    source,
    contributes: {},
    registered: {},
    permissions: {},
    isolation: 'inline',
    enforced: { fs: false, net: false, env: false },
    costUsd: 0,
    timings: { loadMs: 0, initializeMs: 0, processMs: 0, cleanupMs: 0, calls: 0, failures: 1 },
    errors: [error.toJSON()],
  };
}
