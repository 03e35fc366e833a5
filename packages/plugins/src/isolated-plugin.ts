import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { withZod } from './with-zod.ts';
import type { CapabilityCalls } from './capability-calls.ts';
import { deny } from './denied.ts';
import type { Json } from './json.ts';
import { LinkError } from './link.ts';
import type { LocatedPlugin } from './locate.ts';
import { contributionKinds } from './manifest.ts';
import type { ContributionKind } from './manifest.ts';
import type { PackageClosure } from './package-closure.ts';
import type { PluginCode } from './plugin-code.ts';
import { PluginError } from './plugin-error.ts';
import type { RememberedPlugin } from './plugin-memory.ts';
import type { PluginErrorCode, PluginStage } from './plugin-error.ts';
import type { ProcessEnd } from './plugin-process.ts';
import type { Guest, ProcessPool, Seat } from './process-pool.ts';
import { refuse } from './refusal.ts';
import type { Disposer, PluginScope } from './registrations.ts';
import type { AcceptRemote, RemoteCallOptions, RemoteContribution } from './remote.ts';

export interface IsolatedPluginOptions {
  readonly located: LocatedPlugin;
  readonly config: unknown;
  readonly scope: PluginScope;
  readonly closure: PackageClosure;
  readonly capabilities: CapabilityCalls;
  readonly mayShare: boolean;
  readonly pool: ProcessPool;
  readonly accept: AcceptRemote;
  /** What it registered when it was last started; keeps what it registers now. */
  readonly remembered: RememberedPlugin | undefined;
  readonly keep: (remembered: RememberedPlugin | undefined) => Promise<void>;
  /** URL of the module whose default export are the adapters. */
  readonly bridge: string | undefined;
  /** Before each start of its process. @throws PluginError */
  readonly verify: () => Promise<void>;
  readonly stage: () => PluginStage;
  /** For loading it and initializing it again after its process was lost. */
  readonly startTimeoutMs: number;
  /** Counts and bounds a call of something that it contributed. */
  readonly invoke: (options: Pick<RemoteCallOptions, 'signal' | 'timeoutMs'>, run: (signal: AbortSignal) => Promise<Json>) => Promise<Json>;
  /** Something went wrong while nobody called it. */
  readonly note: (error: PluginError) => void;
}

interface Kept {
  readonly kind: ContributionKind;
  readonly name: string;
  readonly data: RemoteContribution['data'];
  readonly functions: readonly string[];
  /** In the process that holds it now. */
  registration: number;
  seat: Seat | undefined;
  dispose: Disposer;
}

const registered = withZod((z) => z.strictObject({
  registration: z.number().int().positive(),
  kind: z.enum(contributionKinds),
  name: z.string().min(1).max(256),
  data: z.record(z.string().max(256), z.unknown()),
  functions: z.array(z.string().max(256)).max(64),
}));
const asked = withZod((z) => z.strictObject({ call: z.number().int(), name: z.string().max(128), input: z.unknown() }));
const unregistered = withZod((z) => z.strictObject({ registration: z.number().int() }));
const loadedAnswer = withZod((z) => z.strictObject({ answers: z.boolean() }));

const mostContributions = 1_000;
const hangMs = 3_000;
/** What a plugin's process may say of its own plugin. */
const ownCodes: readonly string[] = ['FW_PLUGIN_LOAD', 'FW_PLUGIN_INVALID', 'FW_PLUGIN_SPEC_VERSION', 'FW_PLUGIN_CONFIG', 'FW_PLUGIN_UNDECLARED', 'FW_PLUGIN_DUPLICATE', 'FW_PLUGIN_GONE', 'FW_PLUGIN_RESULT', 'FW_PLUGIN_DENIED'];

/**
 * Loads a plugin into a process of its own, or one that it shares, and again after that was lost. One that is remembered
 * is loaded when it is first used.
 */
export async function loadIsolated(options: IsolatedPluginOptions, signal: AbortSignal): Promise<PluginCode> {
  const { located, scope, pool, capabilities } = options;
  const kept = new Map<string, Kept>();
  const openCalls = new Map<number, NonNullable<RemoteCallOptions['answers']>>();
  let lastCall = 0;
  let inFlight = 0;
  let seating: Promise<Seat> | undefined;
  let seated: Seat | undefined;
  let alone = false;
  let released = false;
  let answers = false;
  let initialized = false;
  /** It hung and was ended by us, which its caller was told already. */
  let isEnding = false;

  const fail = (code: PluginErrorCode, message: string): PluginError => new PluginError(code, { message: `Plugin ${located.id}: ${message}`, plugin: located, stage: options.stage(), retryable: true });

  const guest: Guest = {
    mayShare: options.mayShare,
    readable: options.closure.folders,
    links: options.closure.links,
    handle: (seat, method, input, callSignal) => answer(seat, method, input, callSignal),
    fault: (message) => options.note(fail('FW_PLUGIN_FAILED', `${message}.`)),
    ended(end, suspected) {
      if (seated === undefined || released) return;
      alone ||= seated.shared && (suspected || end.suspects.size === 0);
      seated = undefined;
      seating = undefined;
      if (suspected && inFlight === 0 && !isEnding) options.note(fail(end.code, end.message));
    },
  };

  async function answer(seat: Seat, method: string, input: Json, callSignal: AbortSignal): Promise<Json> {
    if (method === 'register') return register(seat, parse(registered, input, method));
    if (method === 'unregister') return unregister(parse(unregistered, input, method).registration);
    if (method === 'ask') {
      const { call, name, input: sent } = parse(asked, input, method);
      const offered = openCalls.get(call);
      if (offered === undefined || !Object.hasOwn(offered, name)) return deny(`"${name}" is not offered here.`);
      return (await offered[name]!(sent as Json, callSignal)) ?? null;
    }
    return capabilities.answer(method, input, callSignal);
  }

  function register(seat: Seat | undefined, { registration, kind, name, data: given, functions }: z.output<typeof registered>): Json {
    const key = `${kind} ${name}`;
    const known = kept.get(key);
    const data = given as RemoteContribution['data'];
    if (known !== undefined && seat !== undefined && known.seat?.process !== seat.process) {
      if (!isDeepStrictEqual([known.data, known.functions], [data, functions])) refuse('FW_PLUGIN_INVALID', located, options.stage(), `it registered ${key} with other members than before its process was started again.`);
      Object.assign(known, { registration, seat });
      return null;
    }
    if (kept.size >= mostContributions) refuse('FW_PLUGIN_INVALID', located, options.stage(), `it registered more than ${mostContributions} things.`);
    const entry: Kept = { kind, name, data, functions, registration, seat, dispose: () => {} };
    entry.dispose = options.accept(scope, Object.freeze({
      kind, name, data, functions,
      call: (member: string, input: Json, callOptions: RemoteCallOptions = {}) => options.invoke(callOptions, (callSignal) => invoke(entry, key, member, input, callOptions, callSignal)),
    }));
    kept.set(key, entry);
    return null;
  }

  function unregister(registration: number): Json {
    for (const [key, entry] of kept) {
      if (entry.registration !== registration) continue;
      kept.delete(key);
      entry.dispose();
    }
    return null;
  }

  async function invoke(entry: Kept, key: string, name: string, input: Json, { answers: offered, mayRepeat = false }: RemoteCallOptions, callSignal: AbortSignal): Promise<Json> {
    lastCall += 1;
    const call = lastCall;
    if (offered !== undefined) openCalls.set(call, offered);
    try {
      return await send('invoke', () => {
        if (kept.get(key) !== entry) refuse('FW_PLUGIN_GONE', located, 'process', `it has taken ${key} back.`);
        return { registration: entry.registration, name, input, call };
      }, callSignal, mayRepeat);
    } finally {
      openCalls.delete(call);
    }
  }

  /** Its place, with the plugin loaded, and initialized when it was before. */
  function sit(): Promise<Seat> {
    if (seating !== undefined) return seating;
    const mine = takeSeat();
    seating = mine;
    mine.catch(() => {
      if (seating === mine) seating = undefined;
    });
    return mine;
  }

  async function takeSeat(): Promise<Seat> {
    await options.verify();
    const seat = await pool.sit(guest, alone).catch((error: unknown) => { throw error instanceof LinkError ? fail('FW_PLUGIN_CRASHED', error.message) : error; });
    if (released) {
      await seat.leave();
      throw fail('FW_PLUGIN_GONE', 'it has ended.');
    }
    seated = seat;
    isEnding = false;
    try {
      const limit = AbortSignal.timeout(options.startTimeoutMs);
      const loaded = await callOn(seat, 'load', {
        plugin: { id: located.id, version: located.version }, entry: located.entry, env: capabilities.env, kinds: contributionKinds,
        ...(options.config !== undefined && { config: options.config as Json }),
        ...(located.manifest && { contributes: located.manifest.contributes ?? {} }),
        ...(options.bridge !== undefined && { bridge: options.bridge }),
      }, limit);
      answers = parse(loadedAnswer, loaded, 'load').answers;
      if (initialized) {
        await callOn(seat, 'initialize', null, limit);
        const missing = [...kept.values()].find((entry) => entry.seat?.process !== seat.process);
        if (missing !== undefined) refused('FW_PLUGIN_INVALID', `it did not register ${missing.kind} ${missing.name}, as it did when it was started before.`);
      }
      return seat;
    } catch (error) {
      if (initialized) await options.keep(undefined);
      seated = undefined;
      await seat.leave();
      throw error;
    }
  }

  async function callOn(seat: Seat, method: string, input: Json, callSignal?: AbortSignal): Promise<Json> {
    inFlight += 1;
    try {
      return await seat.process.link.call(seat.channel, method, input, callSignal);
    } catch (error) {
      if (callSignal?.aborted === true && seat.process.link.failure === undefined) {
        // Nobody waits for it any more; whether it still turns is looked at, so that no loop runs for ever.
        isEnding = true;
        void seat.process.check(hangMs).then(() => { isEnding = false; });
      }
      if (seat.process.link.failure === undefined) throw translate(error as LinkError);
      throw new Lost(await seat.process.ended, seat);
    } finally {
      inFlight -= 1;
    }
  }

  async function send(method: string, input: () => Json, callSignal: AbortSignal, mayRepeat: boolean): Promise<Json> {
    for (let turn = 0; ; turn += 1) {
      try {
        const seat = await sit();
        callSignal.throwIfAborted();
        return await callOn(seat, method, input(), callSignal);
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        const { end, seat } = error;
        const isCulprit = !seat.shared || (end.suspects.size === 1 && end.suspects.has(seat.channel));
        if (!isCulprit && mayRepeat && turn === 0) continue;
        throw refused(end.code, end.message);
      }
    }
  }

  const refused = (code: PluginErrorCode, message: string): never => refuse(code, located, options.stage(), message);

  /** An answer that says what failed. A plugin can say nothing but what is its own fault. */
  function translate({ code, message }: LinkError): Error {
    const prefix = `Plugin ${located.id}: `;
    const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
    if (!ownCodes.includes(code)) return new Error(text);
    try {
      return refused(code as PluginErrorCode, text);
    } catch (error) {
      return error as Error;
    }
  }

  function parse<T>(schema: z.ZodType<T>, value: unknown, method: string): T {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    return refused('FW_PLUGIN_PROTOCOL', `it sent a "${method}" that is none: ${result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}.`);
  }

  const lostAsError = (error: unknown): never => {
    if (error instanceof Lost) return refused(error.end.code, error.end.message);
    throw error;
  };

  const release = async (): Promise<void> => {
    released = true;
    const seat = seated;
    await seat?.leave();
    await seating?.then((late) => late.leave(), () => undefined);
  };

  // A plugin that does not load in time leaves nothing behind.
  const giveUp = (): void => void release();
  signal.addEventListener('abort', giveUp, { once: true });
  const { remembered } = options;
  if (remembered === undefined) await sit().catch(lostAsError);
  else answers = remembered.answers;
  signal.removeEventListener('abort', giveUp);
  return {
    get answers() {
      return answers;
    },
    async initialize(callSignal) {
      if (remembered === undefined) {
        await send('initialize', () => null, callSignal, true);
        await options.keep({ answers, contributions: [...kept.values()].map(({ kind, name, data, functions }) => ({ kind, name, data, functions })) });
      } else for (const contribution of remembered.contributions) register(undefined, { registration: 0, ...contribution, functions: [...contribution.functions] });
      initialized = true;
    },
    async warm() {
      await sit();
    },
    process: (event, callSignal) => send('process', () => ({ event }), callSignal, true),
    async cleanup(callSignal) {
      if (seated !== undefined) await callOn(seated, 'cleanup', null, callSignal).catch(lostAsError);
    },
    release,
  };
}

/** The process was lost during a call. */
class Lost extends Error {
  readonly end: ProcessEnd;
  readonly seat: Seat;

  constructor(end: ProcessEnd, seat: Seat) {
    super(end.message);
    this.end = end;
    this.seat = seat;
  }
}
