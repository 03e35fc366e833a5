// Runs in a plugin process: the host calls it over descriptor 3, and it calls plugins.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Socket } from 'node:net';
import { checkConfig } from './config-schema.ts';
import type { Json } from './json.ts';
import { createLink, LinkError } from './link.ts';
import { loadPlugin } from './load-plugin.ts';
import type { ContributionKind } from './manifest.ts';
import { createGrantedCapabilities } from './plugin-side.ts';
import type { Plugin } from './plugin.ts';
import type { PluginIdentity } from './plugin-error.ts';
import type { RemoteAdapters, RemoteDefinition } from './remote.ts';

/** What the host says of a plugin that is to be loaded. */
interface LoadInput {
  readonly plugin: PluginIdentity;
  readonly entry: string;
  readonly config?: Json;
  readonly env: { readonly [name: string]: string };
  readonly kinds: readonly ContributionKind[];
  /** By kind; absent for a plugin that may register any name. */
  readonly contributes?: { readonly [kind in ContributionKind]?: readonly string[] };
  readonly bridge?: string;
}

interface Loaded {
  readonly plugin: Plugin;
  readonly context: object;
  /** Registrations that the host has not confirmed. */
  readonly pending: Set<Promise<unknown>>;
  readonly functions: Map<number, RemoteDefinition['functions']>;
}

const channels = new Map<number, Loaded>();
const working = new AsyncLocalStorage<number>();
const link = createLink({ stream: new Socket({ fd: 3 }), handle: (channel, method, input, signal) => working.run(channel, () => answer(channel, method, input as never, signal)) });
// The host is gone, or wants us gone.
const { exit } = process;
void link.closed.then(() => exit(0));

for (const event of ['unhandledRejection', 'uncaughtException'] as const) process.on(event, (error: unknown) => fault(`${event === 'unhandledRejection' ? 'an unhandled rejection' : 'an uncaught exception'}: ${textOf(error)}`));
process.exit = ((code?: number | string | null) => {
  fault(`it called process.exit(${String(code ?? '')})`);
  throw new Error('A plugin does not end the process it runs in.');
}) as typeof process.exit;

/** Tells the host whose fault it is, as far as that is known. */
function fault(message: string): void {
  link.call(working.getStore() ?? 0, 'fault', message.slice(0, 2_000)).catch(() => {});
}

async function answer(channel: number, method: string, input: never, signal: AbortSignal): Promise<Json> {
  if (method === 'ping') return null;
  if (method === 'load') return load(channel, input);
  const loaded = channels.get(channel);
  if (loaded === undefined) throw new LinkError('FW_LINK_PROTOCOL', `There is no plugin on channel ${channel}.`);
  if (method === 'initialize') {
    await loaded.plugin.initialize(Object.freeze({ ...loaded.context, signal }) as never);
    while (loaded.pending.size > 0) await Promise.all([...loaded.pending]);
    return null;
  }
  if (method === 'process') return plain(await loaded.plugin.process?.(Object.freeze({ ...loaded.context, event: (input as { readonly event: Json }).event, signal }) as never));
  if (method === 'invoke') return invoke(channel, loaded, input, signal);
  if (method === 'cleanup') {
    await loaded.plugin.cleanup?.();
    channels.delete(channel);
    return null;
  }
  throw new LinkError('FW_LINK_PROTOCOL', `There is no method ${method}.`);
}

async function load(channel: number, input: LoadInput): Promise<Json> {
  const { plugin: identity, entry, bridge } = input;
  const plugin = await loadPlugin({ ...identity, entry, source: entry });
  const config = await checkConfig(plugin.config, input.config, identity);
  const adapters = bridge === undefined ? {} : ((await import(/* @vite-ignore */ bridge)) as { readonly default: RemoteAdapters }).default;
  const loaded: Loaded = { plugin, context: {}, pending: new Set(), functions: new Map() };
  const context = {
    ...createGrantedCapabilities((method, sent) => link.call(channel, method, sent), input.env),
    ...Object.fromEntries(input.kinds.map((kind) => [kind, Object.freeze({ register: (thing: unknown) => register(channel, loaded, kind, input, (adapters[kind] ?? asItIs)(thing)) })])),
    plugin: Object.freeze({ id: identity.id, version: identity.version }),
    config,
  };
  channels.set(channel, { ...loaded, context });
  return { answers: plugin.process !== undefined };
}

let lastRegistration = 0;

function register(channel: number, { pending, functions }: Loaded, kind: ContributionKind, { contributes }: LoadInput, definition: RemoteDefinition): () => void {
  const { name } = definition;
  if (contributes !== undefined && !contributes[kind]?.includes(name)) {
    throw new LinkError('FW_PLUGIN_UNDECLARED', `It registered ${kind} ${name}, which its manifest does not declare. Add "${name}" to fw.contributes.${kind}.`);
  }
  lastRegistration += 1;
  const registration = lastRegistration;
  functions.set(registration, definition.functions);
  const told = link.call(channel, 'register', { registration, kind, name, data: definition.data, functions: Object.keys(definition.functions) });
  pending.add(told);
  told.finally(() => pending.delete(told)).catch(() => {});
  return () => {
    if (!functions.delete(registration)) return;
    link.call(channel, 'unregister', { registration }).catch(() => {});
  };
}

async function invoke(channel: number, { functions }: Loaded, input: { readonly registration: number; readonly name: string; readonly input: Json; readonly call: number }, signal: AbortSignal): Promise<Json> {
  const run = functions.get(input.registration)?.[input.name];
  if (run === undefined) throw new LinkError('FW_PLUGIN_GONE', `It has no function ${input.name} any more.`);
  const ask = (name: string, sent: Json): Promise<Json> => link.call(channel, 'ask', { call: input.call, name, input: sent }, signal);
  return plain(await run(input.input, { signal, ask }));
}

/** Members that are plain JSON are its data, functions are called with JSON. */
function asItIs(thing: unknown): RemoteDefinition {
  if (typeof thing !== 'object' || thing === null) throw new LinkError('FW_PLUGIN_INVALID', 'What is registered has to be an object with a name.');
  const members = Object.entries(thing as object);
  return {
    name: String((thing as { readonly name?: unknown }).name ?? ''),
    data: Object.fromEntries(members.filter(([, member]) => typeof member !== 'function').map(([key, member]) => [key, plain(member)])),
    functions: Object.fromEntries(members.filter(([, member]) => typeof member === 'function').map(([key, member]) => [key, (member as RemoteDefinition['functions'][string]).bind(thing)])),
  };
}

function plain(value: unknown): Json {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null') as Json;
  } catch (error) {
    throw new LinkError('FW_PLUGIN_RESULT', `its answer is no plain JSON: ${textOf(error)}`);
  }
}

function textOf(error: unknown): string {
  try {
    return String((error as { readonly message?: unknown } | null)?.message ?? error);
  } catch {
    return 'a value that cannot be read';
  }
}

link.call(0, 'ready', null).catch(() => {});
