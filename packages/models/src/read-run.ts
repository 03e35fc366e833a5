import type { ModelEvent } from './model.ts';
import type { Deliver } from './model-from-run.ts';

/** The reason of the abort when the reader of a stream leaves it before its end. */
export const readerLeft: Error = new Error('The reader left before the end.');

/** So many events may wait for their reader before the run is asked to wait. */
const maxWaiting = 32;

/**
 * Reads a run as an iterator, begun with the first question. Leaving the loop aborts the run and waits for its end; an
 * abort by the caller drops what was not read yet.
 */
export function readRun(run: (signal: AbortSignal, deliver: Deliver) => Promise<void>, caller: AbortSignal | undefined): AsyncIterableIterator<ModelEvent> {
  const controller = new AbortController();
  const events: ModelEvent[] = [];
  const asked: PromiseWithResolvers<IteratorResult<ModelEvent>>[] = [];
  let enough: PromiseWithResolvers<void> | undefined;
  let running: Promise<void> | undefined;
  let left = false;
  let ended: { readonly error?: unknown } | undefined;

  const deliver: Deliver = (event) => {
    if (left) throw readerLeft;
    const reader = asked.shift();
    if (reader !== undefined) {
      reader.resolve({ value: event, done: false });
      return undefined;
    }
    events.push(event);
    if (events.length < maxWaiting) return undefined;
    enough ??= Promise.withResolvers();
    return enough.promise;
  };
  const goOn = (): void => {
    enough?.resolve();
    enough = undefined;
  };
  const abort = (reason: unknown): void => {
    events.length = 0;
    goOn();
    controller.abort(reason);
  };
  const onAbort = (): void => abort(caller?.reason);
  const end = (how: { readonly error?: unknown }): void => {
    caller?.removeEventListener?.('abort', onAbort);
    ended = how;
    if (asked.length === 0) return;
    const [first, ...others] = asked.splice(0);
    if ('error' in how) {
      ended = {};
      first?.reject(how.error);
    } else first?.resolve(over);
    for (const reader of others) reader.resolve(over);
  };
  const begin = (): void => {
    if (caller?.aborted === true) controller.abort(caller.reason);
    // What is no signal is refused by the run.
    else caller?.addEventListener?.('abort', onAbort, { once: true });
    running = run(controller.signal, deliver).then(() => end({}), (error: unknown) => end({ error }));
  };

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (left) return Promise.resolve(over);
      if (running === undefined) begin();
      const event = events.shift();
      if (event !== undefined) {
        if (events.length < maxWaiting / 2) goOn();
        return Promise.resolve({ value: event, done: false });
      }
      if (ended !== undefined) {
        const { error } = ended;
        const failed = 'error' in ended;
        ended = {};
        return failed ? Promise.reject(error as Error) : Promise.resolve(over);
      }
      const reader = Promise.withResolvers<IteratorResult<ModelEvent>>();
      asked.push(reader);
      return reader.promise;
    },
    async return() {
      left = true;
      if (running !== undefined && ended === undefined) {
        abort(readerLeft);
        await running;
      }
      return over;
    },
  };
}

const over: IteratorReturnResult<undefined> = { value: undefined, done: true };
