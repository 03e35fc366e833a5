import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from './json.ts';
import { findPackage, isPackageName, locatePackage } from './locate.ts';
import type { LocatedPlugin } from './locate.ts';
import { listPluginFolder } from './plugin-folder.ts';
import { PluginError } from './plugin-error.ts';
import type { PluginFailure, PluginIdentity } from './plugin-error.ts';
import type { PluginStatus } from './plugin-status.ts';
import { refuse } from './refusal.ts';
import type { PluginScope } from './registrations.ts';
import { createRunningPlugin } from './running-plugin.ts';
import type { PluginTimeouts, RunningPlugin } from './running-plugin.ts';

export interface PluginHostOptions<Capabilities extends object> {
  /** Builds what one plugin may use. Called once for each, before its `initialize`. */
  readonly context: (plugin: PluginScope) => Capabilities;
  /** Where names of packages and relative paths are resolved from. Default: the working directory. */
  readonly directory?: string;
  /** Win over a manifest's; the defaults are 5000, 60000 and 3000. */
  readonly timeouts?: Partial<PluginTimeouts>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

export interface AddOptions {
  /** Checked by the plugin's own schema. */
  readonly config?: unknown;
  /** Its failure to start throws, and it is never switched off. */
  readonly required?: boolean;
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
  load(folder: string): Promise<readonly PluginStatus[]>;
  /** Checks one package, by name or by path. Runs none of it. */
  add(specifier: string, options?: AddOptions): Promise<PluginStatus>;
  /** Imports and starts each plugin that is not yet started, in order. */
  initialize(options?: CallHostOptions): Promise<readonly PluginStatus[]>;
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
  const plugins: RunningPlugin[] = [];
  const listed: (() => PluginStatus)[] = [];
  const taken = new Map<string, string>();
  const closing = new AbortController();
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

  const accept = async (source: string, locate: () => Promise<LocatedPlugin>, { config, required = false }: AddOptions): Promise<PluginStatus> => {
    try {
      const located = await locate();
      if (listed.some((status) => status().id === located.id && status().status !== 'failed')) {
        refuse('FW_PLUGIN_DUPLICATE', located, 'validate', `another plugin has this id already. ${located.source} is left out.`);
      }
      const timeouts = { ...defaults, ...located.manifest?.timeouts, ...options.timeouts };
      const plugin = createRunningPlugin({ located, config, required, timeouts, context: options.context, taken, now: options.now ?? Date.now });
      plugins.push(plugin);
      listed.push(plugin.status);
      return plugin.status();
    } catch (thrown) {
      const error = thrown instanceof PluginError ? thrown : unreadable(source, thrown);
      if (required) throw error;
      const status = refusedStatus(error, source);
      listed.push(() => status);
      return status;
    }
  };

  return {
    load: (folder) => inTurn(async () => {
      checkOpen();
      const statuses: PluginStatus[] = [];
      for (const entry of await listPluginFolder(resolve(directory, folder))) statuses.push(await accept(entry.path, entry.locate, {}));
      return statuses;
    }),
    add: (specifier, addOptions = {}) => inTurn(async () => {
      checkOpen();
      return accept(specifier, () => locateSpecifier(specifier, directory), addOptions);
    }),
    initialize: ({ signal } = {}) => inTurn(async () => {
      checkOpen();
      for (const plugin of plugins) {
        await plugin.initialize(linked(signal)).catch(() => undefined);
        if (plugin.status().required && plugin.error) throw plugin.error;
      }
      return listed.map((status) => status());
    }),
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
      });
      return closed;
    },
    list: () => listed.map((status) => status()),
  };
}

async function locateSpecifier(specifier: string, directory: string): Promise<LocatedPlugin> {
  if (specifier.startsWith('file:')) return locatePackage(fileURLToPath(specifier));
  if (specifier.startsWith('.') || isAbsolute(specifier)) return locatePackage(resolve(directory, specifier));
  const unknown = { id: specifier, version: 'unknown' };
  if (!isPackageName(specifier)) return refuse('FW_PLUGIN_NOT_FOUND', unknown, 'validate', 'this is neither the name of a package nor a path that starts with "." or "/".');
  const folder = await findPackage(specifier, directory);
  return folder === undefined ? refuse('FW_PLUGIN_NOT_FOUND', unknown, 'validate', `it is not installed in ${directory} or above. Run npm install ${specifier}.`) : locatePackage(folder);
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
    timings: { loadMs: 0, initializeMs: 0, processMs: 0, cleanupMs: 0, calls: 0, failures: 1 },
    errors: [error.toJSON()],
  };
}
