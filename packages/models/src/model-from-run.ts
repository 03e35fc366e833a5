import { randomUUID } from 'node:crypto';
import { checkRequest } from './check-request.ts';
import { createCollector } from './collect.ts';
import type { Collector } from './collect.ts';
import type { CallOptions, Model, ModelEvent, ModelRequest } from './model.ts';
import { notify } from './notify.ts';
import { readRun } from './read-run.ts';
import type { Attempt } from './receipt.ts';

/** Options of a call whose key is settled: every attempt of one call has the same. */
export type KeyedCall = CallOptions & { readonly key: string };

/** Takes an event; a promise says that the reader has enough for now. Throws when the reader left. */
export type Deliver = (event: ModelEvent) => Promise<void> | undefined;

/**
 * One call from its beginning to its end, events given to `deliver`. Wrappers call each other this way: an event passes
 * through all of them in one turn, where a stream in a stream would cost several for each.
 */
export type Run = (request: ModelRequest, call: KeyedCall, deliver: Deliver) => Promise<void>;

const runs = new WeakMap<Model, Run>();

/** Completes a run to a Model: `stream` reads it, `generate` collects it with a receipt of the attempts it reported. */
export function modelFromRun(like: Pick<Model, 'id' | 'simulated'>, run: Run): Model {
  const keyed = (options: CallOptions): KeyedCall => ({ ...options, key: options.key ?? randomUUID() });
  const model: Model = {
    specVersion: 1,
    id: like.id,
    ...(like.simulated === true ? { simulated: true } : {}),
    stream: (request, options = {}) => readRun(async (signal, deliver) => {
      checkRequest(request, options);
      await run(request, { ...keyed(options), signal }, deliver);
    }, options.signal),
    generate(request, options = {}) {
      try {
        checkRequest(request, options);
      } catch (error) {
        return Promise.reject(error as Error);
      }
      const { onEvent, ...rest } = keyed(options);
      const attempts: Attempt[] = [];
      const onAttempt = (attempt: Attempt): void => {
        attempts.push(attempt);
        notify(rest.onAttempt, attempt);
      };
      // Made when something arrives: a call waits much longer than it reads.
      let collector: Collector | undefined;
      const running = run(request, { ...rest, onAttempt }, (event) => {
        notify(onEvent, event);
        (collector ??= createCollector()).take(event);
        return undefined;
      });
      return running.then(() => (collector ?? createCollector()).response(request, { key: rest.key, attempts }));
    },
  };
  runs.set(model, run);
  return model;
}

/** The run of a Model; one that somebody else made is read through its stream. */
export function runOf(model: Model): Run {
  return runs.get(model) ?? (async (request, call, deliver) => {
    for await (const event of model.stream(request, call)) {
      const enough = deliver(event);
      if (enough !== undefined) await enough;
    }
  });
}

/** Whether an event is part of the answer: behind it another model cannot take over unnoticed. */
export function isContent(event: ModelEvent): boolean {
  return event.type !== 'start' && event.type !== 'usage';
}

/** Delivers the finish only when something else is done, so that who saw it finds it done. */
export function afterFinish(settle: () => Promise<void>, deliver: Deliver): Deliver {
  return (event) => (event.type === 'finish' ? settle().then(() => deliver(event)) : deliver(event));
}
