import { EventEmitter } from 'eventemitter3';
import { openStream } from './event-stream.ts';
import type { EventStream, StreamOptions } from './event-stream.ts';

/** A listener may be asynchronous; `emit` does not wait for it, `emitAndWait` does. */
export type Listener<Payload> = (payload: Payload) => void | Promise<void>;

/** One event with its name, as a stream gives it. */
export type EventOf<EventMap extends object> = { readonly [Name in keyof EventMap & string]: { readonly name: Name; readonly payload: EventMap[Name] } }[keyof EventMap & string];

/** Typed events: `EventMap` says which payload each name carries. */
export interface Events<EventMap extends object> {
  /** Adds a listener, once however often it is added, and returns what takes it off again. */
  on<Name extends keyof EventMap & string>(name: Name, listener: Listener<EventMap[Name]>): () => void;
  /** Like `on`, for one event. */
  once<Name extends keyof EventMap & string>(name: Name, listener: Listener<EventMap[Name]>): () => void;
  off<Name extends keyof EventMap & string>(name: Name, listener: Listener<EventMap[Name]>): void;
  /** Calls the listeners at once, in order. Never throws: what a listener throws or rejects with goes to `onError`. */
  emit<Name extends keyof EventMap & string>(name: Name, payload: EventMap[Name]): void;
  /** Calls the listeners in order and resolves when all are finished, or the signal aborts. Never rejects. */
  emitAndWait<Name extends keyof EventMap & string>(name: Name, payload: EventMap[Name], options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** All events from now on, as an async iterable with a bounded buffer. */
  stream(options?: StreamOptions): EventStream<EventOf<EventMap>>;
  /** How often a listener failed so far. */
  readonly failures: number;
}

export interface EventsOptions {
  /** Told what a listener threw; what it throws itself is only counted. */
  readonly onError?: (error: unknown, event: string) => void;
}

type Call = (payload: unknown) => Promise<void> | undefined;

/** Builds an emitter. A listener that fails breaks neither the emitter nor the other listeners. */
export function createEvents<EventMap extends object>(options: EventsOptions = {}): Events<EventMap> {
  const emitter = new EventEmitter<string>();
  const calls = new WeakMap<Listener<never>, { [name: string]: Call }>();
  const streams = new Set<(event: EventOf<EventMap>, canWait?: boolean) => Promise<void> | undefined>();
  let failures = 0;

  function fail(error: unknown, name: string): void {
    failures++;
    try {
      options.onError?.(error, name);
    } catch {
      failures++;
    }
  }
  function guarded(name: string, listener: (payload: never) => void | Promise<void>): Call {
    return (payload) => {
      try {
        const pending = listener(payload as never);
        if (typeof pending?.then === 'function') return Promise.resolve(pending).catch((error: unknown) => fail(error, name));
      } catch (error) {
        fail(error, name);
      }
      return undefined;
    };
  }
  function add(name: string, listener: (payload: never) => void | Promise<void>, once: boolean): () => void {
    const remove = (): void => take(name, listener);
    take(name, listener);
    const call = guarded(name, once ? (payload) => (remove(), listener(payload)) : listener);
    calls.set(listener, { ...calls.get(listener), [name]: call });
    emitter.on(name, call);
    return remove;
  }
  function take(name: string, listener: Listener<never>): void {
    const call = calls.get(listener)?.[name];
    if (call === undefined) return;
    emitter.off(name, call);
    delete calls.get(listener)?.[name];
  }
  function pass(name: string, payload: unknown, canWait: boolean): readonly (Promise<void> | undefined)[] {
    const event = { name, payload } as EventOf<EventMap>;
    return [...streams].map((push) => push(event, canWait));
  }

  return {
    on: (name, listener) => add(name, listener, false),
    once: (name, listener) => add(name, listener, true),
    off: (name, listener) => take(name, listener),
    emit(name, payload) {
      emitter.emit(name, payload);
      // No object for a reader that is not there.
      if (streams.size > 0) pass(name, payload, false);
    },
    async emitAndWait(name, payload, { signal } = {}) {
      const pending = emitter.listeners(name).map((call) => (call as Call)(payload));
      await untilAborted(Promise.all([...pending, ...pass(name, payload, true)]), signal);
    },
    stream(streamOptions = {}) {
      const stream = openStream<EventOf<EventMap>>(streamOptions, () => streams.delete(stream.push));
      if (!stream.isClosed()) streams.add(stream.push);
      return stream.events;
    },
    get failures() {
      return failures;
    },
  };
}

/** A listener that never comes back must not hold up a run that was cancelled. */
function untilAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) return work;
  return new Promise<void>((done) => {
    const end = (): void => {
      signal.removeEventListener('abort', end);
      done();
    };
    if (signal.aborted) return end();
    signal.addEventListener('abort', end, { once: true });
    void work.then(end);
  });
}
