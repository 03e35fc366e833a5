import type { Aborting } from '../abort-source.ts';
import { failedWith } from '../failed-with.ts';
import type { ModelError } from '../model-error.ts';
import { isFetchUntouched } from './global-fetch.ts';
import type { sendOverHttp as SendOverHttp } from './http-send.ts';
import { plainEvents } from './plain-events.ts';
import { answerOf, receivedFrom } from './received.ts';
import type { Bytes, Received } from './received.ts';

const maxBodyBytes = 256_000_000;
const maxErrorBytes = 256_000;
const maxLineBytes = 16_000_000;
const lineFeed = 10;
const carriageReturn = 13;
/** What an SDK may add; the rest of its headers describe the machine or come from the environment. */
const keptHeaders = ['accept', 'content-type', 'user-agent', 'anthropic-version'];

type Fetch = typeof globalThis.fetch;

/** A request without what is ours. */
export interface Outgoing {
  readonly url: string;
  readonly method: string;
  /** Of the SDK. */
  readonly headers: { readonly [name: string]: string };
  readonly body: NonNullable<RequestInit['body']> | null;
}

/** Sends a request of one call. Where the SDK does not read the body, the answer is that alone, as `Bytes`. */
export type Send = (request: Outgoing) => Promise<Response>;

export interface FetchedCall {
  readonly id: string;
  /** Sent with what is kept of the SDK's, in place of those of the same names. In lower case. */
  readonly headers: { readonly [name: string]: string };
  /** Whether the SDK reads the body itself, and understands only the plainest event streams. */
  readonly plainEvents: boolean;
  /** Ends the request. */
  readonly ending: Aborting;
  /** The same for a fetch. */
  signal(): AbortSignal;
  onHeaders(headers: { readonly [name: string]: string }): void;
  onBytes(): void;
  /** The body has ended; `inEvent` when that was in the middle of an event. */
  onEnd(inEvent: boolean): void;
  /** The reader leaves before the end. True when all was said, so that the rest may be read to keep the connection. */
  onLeave(): boolean;
  /** What is thrown here. Some SDKs throw something of their own instead. */
  onFailure(failure: ModelError): void;
  /** The error for a request that the service turned away. */
  refused(answer: { readonly status: number; readonly headers: Headers; readonly body: string }): ModelError;
}

/**
 * Sends exactly our headers, follows no redirect, reports what arrives, reads what a refusal says and stops a body
 * without end.
 */
export function createSend(fetch: Fetch | undefined, call: FetchedCall): Send {
  // Nothing of the request is kept for the time of the answer.
  return (request) => send(fetch, { ...request, headers: { ...request.headers, ...call.headers } }, call).then((received) => answered(received, call));
}

/** The same for an SDK that sends itself. */
export function fetchWith(send: Send): Fetch {
  return (input, init) => send({
    url: input instanceof Request ? input.url : String(input),
    method: init?.method?.toUpperCase() ?? 'GET',
    headers: keptOf(init?.headers),
    body: init?.body ?? null,
  });
}

/** Those of an SDK's headers that are sent. */
export function keptOf(given: RequestInit['headers']): Outgoing['headers'] {
  const headers = given instanceof Headers ? given : new Headers(given);
  return Object.fromEntries(keptHeaders.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  }));
}

async function answered({ status, headers, body: bytes }: Received, call: FetchedCall): Promise<Response> {
  call.onBytes();
  call.onHeaders(headers);
  if (status < 200 || status > 299) throw failing(call, call.refused({ status, headers: new Headers(headers), body: await readStart(bytes) }));
  if (headers['content-type']?.includes('text/html') === true) {
    await bytes.return();
    throw failing(call, failedWith('protocol', `${call.id} answered with a web page instead of a model's answer. Check the baseURL.`, { status }));
  }
  const body = watched(bytes, call);
  return call.plainEvents ? new Response(plainEvents(body), { headers: { 'content-type': headers['content-type'] ?? 'text/event-stream' } }) : (answerOf(body) as unknown as Response);
}

/** Loaded with the first request: `node:http` takes longer to load than Node to start. */
let sendOverHttp: typeof SendOverHttp | undefined;

/** A fetch of the caller's own always wins, and so does one that somebody put in the place of the global one. */
function send(fetch: Fetch | undefined, { url, method, body, headers }: Outgoing, call: FetchedCall): Promise<Received> {
  if (fetch === undefined && typeof body === 'string' && isFetchUntouched()) {
    const sending = { method, headers, body, signal: call.ending };
    if (sendOverHttp !== undefined) return sendOverHttp(url, sending);
    return import('./http-send.ts').then((module) => (sendOverHttp = module.sendOverHttp)(url, sending));
  }
  // A redirect would carry prompt and headers to a place that nobody configured.
  return (fetch ?? globalThis.fetch)(url, { method, body, headers: new Headers(headers), redirect: 'manual', signal: call.signal() }).then(receivedFrom);
}

/** The beginning of a body, which may be endless or break off. */
async function readStart(body: Bytes): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for (let read = await body.next(); read.done !== true; read = await body.next()) {
      text += decoder.decode(read.value, { stream: true });
      bytes += read.value.byteLength;
      if (bytes > maxErrorBytes) break;
    }
    await body.return();
  } catch {
    // The status says enough.
  }
  return text;
}

/** The same body, counted and told of. Written by hand: a generator would cost more than reading. */
function watched(body: Bytes, call: FetchedCall): Bytes {
  let bytes = 0;
  let lineBytes = 0;
  let last = lineFeed;
  let isOpen = true;
  const look = (read: Awaited<ReturnType<Bytes['next']>>): typeof read => {
    if (read.done === true) {
      if (isOpen) call.onEnd(last !== lineFeed && last !== carriageReturn);
      isOpen = false;
      return read;
    }
    call.onBytes();
    const { value } = read;
    bytes += value.byteLength;
    const lineEnd = value.lastIndexOf(lineFeed);
    lineBytes = lineEnd < 0 ? lineBytes + value.byteLength : value.byteLength - lineEnd;
    last = value.at(-1) ?? last;
    if (bytes > maxBodyBytes) throw failing(call, failedWith('protocol', `${call.id} sent more than ${maxBodyBytes} bytes and was stopped.`));
    if (lineBytes > maxLineBytes) throw failing(call, failedWith('protocol', `${call.id} sent more than ${maxLineBytes} bytes in one line and was stopped.`));
    return read;
  };
  return {
    next: () => body.next().then(look),
    async return() {
      if (!isOpen) return;
      isOpen = false;
      await leave(body, call);
    },
  };
}

function failing(call: FetchedCall, failure: ModelError): ModelError {
  call.onFailure(failure);
  return failure;
}

/** A connection can be used again only when its answer was read to the end. */
async function leave(body: Bytes, call: FetchedCall): Promise<void> {
  try {
    while (call.onLeave() && (await body.next()).done !== true);
    await body.return();
  } catch {
    // The outcome is settled already.
  }
}
