import { AgentError } from './agent-error.ts';

const overflows = ['drop-oldest', 'drop-newest', 'error', 'wait'] as const;

export interface StreamOptions {
  /** Events kept while nobody takes them; default 1,024. */
  readonly buffer?: number;
  /**
   * When the buffer is full: forget the oldest (default) or the newest and count it, end the iteration with
   * `FW_EVENTS_OVERFLOW`, or let `emitAndWait` wait for room. `emit` waits for nothing: there `wait` forgets the oldest.
   */
  readonly overflow?: (typeof overflows)[number];
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
  /** A promise when the event has to wait for room, which only one who can wait is given. */
  readonly push: (event: Event, canWait?: boolean) => Promise<void> | undefined;
  isClosed(): boolean;
}

export function openStream<Event>(options: StreamOptions, onClose: () => void): OpenStream<Event> {
  const { buffer = 1024, overflow = 'drop-oldest', signal } = options;
  if (!Number.isInteger(buffer) || buffer < 1) throw new AgentError('FW_EVENTS_OPTIONS', { message: `A stream's buffer holds a whole number of events, at least one, not ${buffer}.` });
  if (!overflows.includes(overflow)) throw new AgentError('FW_EVENTS_OPTIONS', { message: `A stream has no overflow ${JSON.stringify(overflow)}: take one of ${overflows.join(', ')}.` });
  const waiting: ((result: IteratorResult<Event>) => void)[] = [];
  const rooms: (() => void)[] = [];
  let kept: Event[] = [];
  let first = 0;
  let dropped = 0;
  let closed = false;
  let failure: AgentError | undefined;

  function close(): void {
    if (closed) return;
    closed = true;
    signal?.removeEventListener('abort', close);
    for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined });
    for (const enter of rooms.splice(0)) enter();
    onClose();
  }
  /** The oldest; the array is moved seldom, however large the buffer is. */
  function take(): Event {
    const event = kept[first++] as Event;
    if (first > 1_000 && first * 2 > kept.length) {
      kept = kept.slice(first);
      first = 0;
    }
    return event;
  }
  function push(event: Event, canWait = false): Promise<void> | undefined {
    if (closed) return undefined;
    const resolve = waiting.shift();
    if (resolve !== undefined) return void resolve({ done: false, value: event });
    if (kept.length - first >= buffer) {
      if (overflow === 'wait' && canWait) return new Promise<void>((done) => rooms.push(() => done(push(event, true))));
      if (overflow === 'error') {
        failure = new AgentError('FW_EVENTS_OVERFLOW', { message: `More than ${buffer} events were waiting to be read. Read faster, or open the stream with a larger buffer.` });
        return void close();
      }
      dropped++;
      if (overflow === 'drop-newest') return undefined;
      take();
    }
    kept.push(event);
    return undefined;
  }
  async function next(): Promise<IteratorResult<Event>> {
    if (kept.length > first) {
      const value = take();
      rooms.shift()?.();
      return { done: false, value };
    }
    if (failure !== undefined) throw failure;
    if (closed) return { done: true, value: undefined };
    return new Promise((resolve) => waiting.push(resolve));
  }
  async function leave(): Promise<IteratorResult<Event>> {
    [kept, first] = [[], 0];
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
