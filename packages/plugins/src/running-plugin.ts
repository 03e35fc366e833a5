import { copyThrown } from './copy-thrown.ts';
import type { Json } from './json.ts';
import type { LocatedPlugin } from './locate.ts';
import type { PluginCode } from './plugin-code.ts';
import type { PluginError, PluginFailure, PluginIdentity, PluginStage } from './plugin-error.ts';
import type { PluginStatus } from './plugin-status.ts';
import { refuse } from './refusal.ts';
import { createRegistrations } from './registrations.ts';
import type { PluginScope } from './registrations.ts';
import type { RemoteCallOptions } from './remote.ts';
import { runStage } from './run-stage.ts';

/** Deadlines of the stages, in milliseconds. Importing the plugin has the one of `initialize`. */
export interface PluginTimeouts {
  readonly initialize: number;
  readonly process: number;
  readonly cleanup: number;
}

export interface RunningPluginOptions {
  readonly located: LocatedPlugin;
  readonly required: boolean;
  readonly timeouts: PluginTimeouts;
  /** Where it runs, and what of its permissions is enforced there. */
  readonly placement: Pick<PluginStatus, 'isolation' | 'enforced'>;
  /** Loads its code, here or in another process. */
  readonly load: (life: PluginLife, signal: AbortSignal) => Promise<PluginCode>;
  /** US dollars so far. */
  readonly cost: () => number;
  /** Registered names of all plugins of the host. */
  readonly taken: Map<string, string>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a plugin's code may need of its life. */
interface PluginLife {
  readonly scope: PluginScope;
  stage(): PluginStage;
  /** A call of something that it contributed: bounded, counted and attributed like `process`. */
  invoke(options: Pick<RemoteCallOptions, 'signal' | 'timeoutMs'>, run: (signal: AbortSignal) => Promise<Json>): Promise<Json>;
  /** Something went wrong while nobody called it. */
  note(error: PluginError): void;
}

/** One plugin's life, from checked to gone. Its stages throw nothing but PluginError. */
export interface RunningPlugin {
  /** Why it could not be started. */
  readonly error: PluginError | undefined;
  /** It is active and has a `process`. */
  readonly answers: boolean;
  status(): PluginStatus;
  initialize(signal: AbortSignal): Promise<void>;
  /** Starts what its first call would have to wait for; whoever makes that call is told why it cannot be. */
  warm(signal: AbortSignal): Promise<void>;
  process(event: Json, signal: AbortSignal): Promise<Json>;
  cleanup(): Promise<void>;
}

const maximumResultCharacters = 8_388_608;
const keptErrors = 20;
const switchOff = { failures: 3, withinMs: 60_000 };

export function createRunningPlugin(options: RunningPluginOptions): RunningPlugin {
  const { located, required, timeouts, now } = options;
  const identity: PluginIdentity = Object.freeze({ id: located.id, version: located.version });
  const spent = { load: 0, initialize: 0, process: 0, cleanup: 0 };
  const errors: PluginFailure[] = [];
  const recent: number[] = [];
  let status: PluginStatus['status'] = 'ready';
  let stage: PluginStage = 'validate';
  let code: PluginCode | undefined;
  let startError: PluginError | undefined;
  let calls = 0;
  let failures = 0;
  const registrations = createRegistrations(identity, located.manifest, options.taken, () => stage);

  const note = (error: PluginError): void => {
    failures += 1;
    errors.push(error.toJSON());
    if (errors.length > keptErrors) errors.shift();
  };

  const run = async <T>(name: keyof typeof spent, signal: AbortSignal | undefined, call: (signal: AbortSignal) => T | Promise<T>, timeoutMs: number | 'none' = timeouts[name === 'load' ? 'initialize' : name]): Promise<T> => {
    stage = name;
    const startedAt = performance.now();
    try {
      return await runStage({ plugin: identity, stage: name, timeoutMs, signal }, call);
    } finally {
      spent[name] += performance.now() - startedAt;
    }
  };

  const leave = async (next: 'failed' | 'off' | 'closed'): Promise<void> => {
    status = next;
    await run('cleanup', undefined, (signal) => code?.cleanup(signal)).catch(note);
    registrations.close().forEach(note);
    await code?.release();
  };

  const switchOffIfFailing = async (): Promise<void> => {
    recent.push(now());
    while (now() - (recent[0] ?? 0) > switchOff.withinMs) recent.shift();
    if (!required && recent.length >= switchOff.failures && status === 'active') await leave('off');
  };

  const answer = async <T>(signal: AbortSignal | undefined, call: (signal: AbortSignal) => Promise<T>, timeoutMs?: number | 'none'): Promise<T> => {
    calls += 1;
    try {
      return await run('process', signal, call, timeoutMs);
    } catch (error) {
      note(error as PluginError);
      if ((error as PluginError).code !== 'FW_PLUGIN_CANCELLED') await switchOffIfFailing();
      throw error;
    }
  };

  const life: PluginLife = {
    scope: registrations.scope,
    stage: () => stage,
    invoke: async ({ signal, timeoutMs }, call) => {
      if (status !== 'active') refuse('FW_PLUGIN_GONE', identity, 'process', status === 'off' ? 'it failed too often and is off.' : 'it does not run any more.');
      return answer(signal, call, timeoutMs);
    },
    note(error) {
      note(error);
      void switchOffIfFailing();
    },
  };

  return {
    get error() {
      return startError;
    },
    get answers() {
      return status === 'active' && code?.answers === true;
    },
    status: () => ({
      ...identity,
      status,
      required,
      source: located.source,
      contributes: located.manifest?.contributes ?? {},
      registered: registrations.list(),
      permissions: located.manifest?.permissions ?? {},
      ...options.placement,
      costUsd: options.cost(),
      timings: { loadMs: spent.load, initializeMs: spent.initialize, processMs: spent.process, cleanupMs: spent.cleanup, calls, failures },
      errors: [...errors],
    }),
    async initialize(signal) {
      if (status !== 'ready') return;
      try {
        const loaded = await run('load', signal, (inner) => options.load(life, inner));
        code = loaded;
        await run('initialize', signal, (inner) => loaded.initialize(inner));
        status = 'active';
      } catch (error) {
        startError = error as PluginError;
        note(startError);
        await leave('failed');
        throw startError;
      }
    },
    async warm(signal) {
      if (status === 'active') await code?.warm?.(signal).catch(() => undefined);
    },
    process: (event, signal) => answer(signal, async (inner) => toJson(await code?.process(event, inner), identity)),
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
