import { checkConfig } from './config-schema.ts';
import { copyThrown } from './copy-thrown.ts';
import type { Json } from './json.ts';
import { loadPlugin } from './load-plugin.ts';
import type { LocatedPlugin } from './locate.ts';
import type { Plugin, PluginContext, ProcessContext } from './plugin.ts';
import type { PluginError, PluginFailure, PluginIdentity, PluginStage } from './plugin-error.ts';
import type { PluginStatus } from './plugin-status.ts';
import { refuse } from './refusal.ts';
import { createRegistrations } from './registrations.ts';
import type { PluginScope } from './registrations.ts';
import { runStage } from './run-stage.ts';

/** Deadlines of the stages, in milliseconds. Importing the plugin has the one of `initialize`. */
export interface PluginTimeouts {
  readonly initialize: number;
  readonly process: number;
  readonly cleanup: number;
}

export interface RunningPluginOptions<Capabilities extends object> {
  readonly located: LocatedPlugin;
  readonly config: unknown;
  readonly required: boolean;
  readonly timeouts: PluginTimeouts;
  readonly context: (plugin: PluginScope) => Capabilities;
  /** Registered names of all plugins of the host. */
  readonly taken: Map<string, string>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** One plugin's life, from checked to gone. Its stages throw nothing but PluginError. */
export interface RunningPlugin {
  /** Why it could not be started. */
  readonly error: PluginError | undefined;
  /** It is active and has a `process`. */
  readonly answers: boolean;
  status(): PluginStatus;
  initialize(signal: AbortSignal): Promise<void>;
  process(event: Json, signal: AbortSignal): Promise<Json>;
  cleanup(): Promise<void>;
}

const maximumResultCharacters = 8_388_608;
const keptErrors = 20;
const switchOff = { failures: 3, withinMs: 60_000 };

export function createRunningPlugin<Capabilities extends object>(options: RunningPluginOptions<Capabilities>): RunningPlugin {
  const { located, required, timeouts, now } = options;
  const identity: PluginIdentity = Object.freeze({ id: located.id, version: located.version });
  const spent = { load: 0, initialize: 0, process: 0, cleanup: 0 };
  const errors: PluginFailure[] = [];
  const recent: number[] = [];
  let status: PluginStatus['status'] = 'ready';
  let stage: PluginStage = 'validate';
  let plugin: Plugin<Capabilities> | undefined;
  let grant: object = {};
  let startError: PluginError | undefined;
  let calls = 0;
  let failures = 0;
  const registrations = createRegistrations(identity, located.manifest, options.taken, () => stage);

  const note = (error: PluginError): void => {
    failures += 1;
    errors.push(error.toJSON());
    if (errors.length > keptErrors) errors.shift();
  };

  const run = async <T>(name: keyof typeof spent, signal: AbortSignal | undefined, call: (signal: AbortSignal) => T | Promise<T>): Promise<T> => {
    stage = name;
    const startedAt = performance.now();
    try {
      return await runStage({ plugin: identity, stage: name, timeoutMs: timeouts[name === 'load' ? 'initialize' : name], signal }, call);
    } finally {
      spent[name] += performance.now() - startedAt;
    }
  };

  const leave = async (next: 'failed' | 'off' | 'closed'): Promise<void> => {
    status = next;
    await run('cleanup', undefined, () => plugin?.cleanup?.()).catch(note);
    registrations.close().forEach(note);
  };

  const load = async (): Promise<Plugin<Capabilities>> => {
    const loaded = await loadPlugin<Capabilities>(located);
    const config = await checkConfig(loaded.config, options.config, identity);
    grant = { ...options.context(registrations.scope), plugin: identity, config };
    return loaded;
  };

  const switchOffIfFailing = async (): Promise<void> => {
    recent.push(now());
    while (now() - (recent[0] ?? 0) > switchOff.withinMs) recent.shift();
    if (!required && recent.length >= switchOff.failures && status === 'active') await leave('off');
  };

  return {
    get error() {
      return startError;
    },
    get answers() {
      return status === 'active' && plugin?.process !== undefined;
    },
    status: () => ({
      ...identity,
      status,
      required,
      source: located.source,
      contributes: located.manifest?.contributes ?? {},
      registered: registrations.list(),
      permissions: located.manifest?.permissions ?? {},
      timings: { loadMs: spent.load, initializeMs: spent.initialize, processMs: spent.process, cleanupMs: spent.cleanup, calls, failures },
      errors: [...errors],
    }),
    async initialize(signal) {
      if (status !== 'ready') return;
      try {
        const loaded = await run('load', signal, load);
        plugin = loaded;
        await run('initialize', signal, (inner) => loaded.initialize(Object.freeze({ ...grant, signal: inner }) as PluginContext<Capabilities>));
        status = 'active';
      } catch (error) {
        startError = error as PluginError;
        note(startError);
        await leave('failed');
        throw startError;
      }
    },
    async process(event, signal) {
      calls += 1;
      try {
        return await run('process', signal, async (inner) => {
          const context = Object.freeze({ ...grant, event, signal: inner }) as ProcessContext<Capabilities>;
          return toJson(await plugin?.process?.(context), identity);
        });
      } catch (error) {
        note(error as PluginError);
        if ((error as PluginError).code !== 'FW_PLUGIN_CANCELLED') await switchOffIfFailing();
        throw error;
      }
    },
    async cleanup() {
      if (status === 'active') await leave('closed');
      else if (status === 'ready') status = 'closed';
    },
  };
}

function toJson(value: unknown, plugin: PluginIdentity): Json {
  let text: string;
  try {
    text = JSON.stringify(value) ?? 'null';
  } catch (error) {
    return refuse('FW_PLUGIN_RESULT', plugin, 'process', `its answer is no plain JSON: ${copyThrown(error).message}`);
  }
  if (text.length <= maximumResultCharacters) return JSON.parse(text) as Json;
  return refuse('FW_PLUGIN_RESULT', plugin, 'process', `its answer has ${text.length} characters; at most ${maximumResultCharacters} are taken.`);
}
