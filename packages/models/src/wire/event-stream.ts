import { bytesOf } from './received.ts';
import type { Bytes } from './received.ts';

/** What a service streams, in pieces of one or more events, parsed. */
export interface EventStream {
  next(): Promise<IteratorResult<readonly unknown[], undefined>>;
  return?(): Promise<unknown>;
}

const lineFeed = 10;
const carriageReturn = 13;
const none: readonly unknown[] = [];
const over: IteratorReturnResult<undefined> = { value: undefined, done: true };

/**
 * Reads server-sent events whose data is JSON, up to `[DONE]`. An event of the name `error` is given as `{ error }`; one
 * that the stream breaks off is left out, as the format says. Rejects with a SyntaxError for data that is no JSON.
 */
function eventStream(body: Bytes): EventStream {
  const parser = createParser();
  return {
    async next() {
      for (;;) {
        if (parser.failure !== undefined) throw parser.failure;
        if (parser.isOver) {
          // A connection can be used again only when its answer was read to the end.
          await body.return();
          return over;
        }
        const { value, done } = await body.next();
        if (done === true) return over;
        const events = parser.read(value);
        if (events.length > 0) return { value: events, done: false };
      }
    },
    return: () => body.return(),
  };
}

/** The events in what an SDK got from a call's fetch. */
export const eventsIn = (response: object): EventStream => eventStream(bytesOf(response));

/** What an SDK reads itself. */
export function eventsOf(source: AsyncIterable<unknown>): EventStream {
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: () => iterator.next().then((read) => (read.done === true ? over : { value: [read.value], done: false })),
    return: async () => iterator.return?.(),
  };
}

interface Parser {
  /** The service said that there is no more. */
  isOver: boolean;
  /** What came behind the events that were read. */
  failure: Error | undefined;
  read(bytes: Uint8Array): readonly unknown[];
}

function createParser(): Parser {
  /** Begun lines. They are decoded as a whole: a character may be spread over two pieces. */
  let rest: Uint8Array[] = [];
  let isFirst = true;
  let returned = false;
  let name = '';
  let data: string | undefined;

  const linesOf = (bytes: Uint8Array): readonly string[] => {
    const end = Math.max(bytes.lastIndexOf(lineFeed), bytes.lastIndexOf(carriageReturn)) + 1;
    if (end === 0) {
      rest.push(bytes);
      return [];
    }
    const whole = rest.length === 0 ? bytes.subarray(0, end) : Buffer.concat([...rest, bytes.subarray(0, end)]);
    rest = end === bytes.byteLength ? [] : [bytes.subarray(end)];
    let text = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8');
    if (isFirst && text.startsWith('\uFEFF')) text = text.slice(1);
    isFirst = false;
    // The second half of a line end.
    if (returned && text.startsWith('\n')) text = text.slice(1);
    returned = text.endsWith('\r');
    const lines = text.split(text.includes('\r') ? /\r\n|\n|\r/ : '\n');
    lines.pop();
    return lines;
  };

  const parser: Parser = {
    isOver: false,
    failure: undefined,
    read(bytes) {
      let events: unknown[] | undefined;
      for (const line of linesOf(bytes)) {
        if (line.startsWith('data:')) {
          const value = line.slice(line[5] === ' ' ? 6 : 5);
          data = data === undefined ? value : `${data}\n${value}`;
        } else if (line.startsWith('event:')) name = line.slice(6).trim();
        if (line !== '') continue;
        if (data === undefined) {
          name = '';
          continue;
        }
        if (data === '[DONE]') {
          parser.isOver = true;
          break;
        }
        try {
          if (data !== '') (events ??= []).push(eventOf(name, data));
        } catch (error) {
          parser.failure = error as Error;
          break;
        }
        data = undefined;
        name = '';
      }
      return events ?? none;
    },
  };
  return parser;
}

function eventOf(name: string, data: string): unknown {
  if (name !== 'error') return JSON.parse(data);
  try {
    const said = JSON.parse(data) as { readonly error?: unknown } | null;
    return { type: 'error', error: said?.error ?? said };
  } catch {
    return { type: 'error', error: data };
  }
}
