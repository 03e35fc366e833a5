import { AgentError } from './agent-error.ts';

export interface StreamOptions {
  /** Events kept while nobody takes them; default 1,024. */
  readonly buffer?: number;
  /** When the buffer is full: forget the oldest and count it (default), or end the iteration with `FW_EVENTS_OVERFLOW`. */
  readonly overflow?: 'drop-oldest' | 'error';
  /** Ends the iteration; what is in the buffer is still given. */
  readonly signal?: AbortSignal;
}

/** Ends by its signal, by leaving the loop, or by `close`. For one reader. */
export interface EventStream<Event> extends AsyncIterable<Event> {
  /** Events that were forgotten because the buffer was full. */
  readonly dropped: number;
  close(): void;
}

interface OpenStream<Event> {
  readonly events: EventStream<Event>;
  readonly push: (event: Event) => void;
  isClosed(): boolean;
}

export function openStream<Event>(options: StreamOptions, onClose: () => void): OpenStream<Event> {
  const { buffer = 1024, overflow = 'drop-oldest', signal } = options;
  if (!Number.isInteger(buffer) || buffer < 1) throw new RangeError(`A stream's buffer must hold at least one event, not ${buffer}.`);
  const waiting: ((result: IteratorResult<Event>) => void)[] = [];
  let kept: Event[] = [];
  let dropped = 0;
  let closed = false;
  let failure: AgentError | undefined;

  function close(): void {
    if (closed) return;
    closed = true;
    signal?.removeEventListener('abort', close);
    for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined });
    onClose();
  }
  function push(event: Event): void {
    const resolve = waiting.shift();
    if (resolve !== undefined) return resolve({ done: false, value: event });
    if (kept.length >= buffer) {
      if (overflow === 'error') {
        failure = new AgentError('FW_EVENTS_OVERFLOW', { message: `More than ${buffer} events were waiting to be read. Read faster, or open the stream with a larger buffer.` });
        return close();
      }
      kept.shift();
      dropped++;
    }
    kept.push(event);
  }
  async function next(): Promise<IteratorResult<Event>> {
    if (kept.length > 0) return { done: false, value: kept.shift() as Event };
    if (failure !== undefined) throw failure;
    if (closed) return { done: true, value: undefined };
    return new Promise((resolve) => waiting.push(resolve));
  }
  async function leave(): Promise<IteratorResult<Event>> {
    kept = [];
    close();
    return { done: true, value: undefined };
  }

  if (signal?.aborted === true) closed = true;
  else signal?.addEventListener('abort', close, { once: true });
  return {
    push,
    isClosed: () => closed,
    events: {
      get dropped() {
        return dropped;
      },
      close,
      [Symbol.asyncIterator]: () => ({ next, return: leave }),
    },
  };
}
