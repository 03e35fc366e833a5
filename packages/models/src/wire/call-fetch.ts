import { failedWith } from '../failed-with.ts';
import type { ModelError } from '../model-error.ts';
import { plainEvents } from './plain-events.ts';
import type { WireSettings } from './provider-options.ts';

const maxBodyBytes = 256_000_000;
const maxErrorBytes = 256_000;
const maxLineBytes = 16_000_000;
const lineFeed = 10;
const carriageReturn = 13;
/** What the SDK may add; the rest of its headers describe the machine or come from the environment. */
const keptHeaders = ['accept', 'content-type', 'user-agent'];

export interface FetchedCall {
  readonly id: string;
  /** Sent with the request, and with nothing else. */
  readonly headers: { readonly [name: string]: string };
  /** Whether the SDK understands only the plainest event streams. */
  readonly plainEvents: boolean;
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
 * The fetch of one call: sends exactly our headers, follows no redirect, reports what arrives, reads what a refusal
 * says and stops a body without end.
 */
export function createCallFetch(settings: Pick<WireSettings, 'headers' | 'fetch'>, call: FetchedCall): typeof globalThis.fetch {
  return async (input, init) => {
    const given = headersOf(init?.headers);
    const headers = new Headers();
    for (const name of keptHeaders) if (given.has(name)) headers.set(name, given.get(name) ?? '');
    for (const [name, value] of Object.entries({ ...call.headers, ...settings.headers })) headers.set(name, value);

    // A redirect would carry prompt and headers to a place that nobody configured.
    const response = await settings.fetch(input, { ...init, headers, redirect: 'manual' });
    call.onBytes();
    call.onHeaders(Object.fromEntries(response.headers));
    if (!response.ok) throw failing(call, call.refused({ status: response.status, headers: response.headers, body: await readStart(response) }));
    if (response.headers.get('content-type')?.includes('text/html') === true) {
      await response.body?.cancel();
      throw failing(call, failedWith('protocol', `${call.id} answered with a web page instead of a model's answer. Check the baseURL.`, { status: response.status }));
    }
    const { body } = response;
    if (body === null) return response;
    // The SDKs read the body and nothing else: a stream around the stream would cost more than all of our reading.
    const own = call.plainEvents ? plainEvents(watched(body, call)) : watched(body, call);
    return Object.defineProperty(response, 'body', { value: own });
  };
}

/** The SDKs give theirs as such: no copy is needed to read them. */
export function headersOf(given: ConstructorParameters<typeof Headers>[0]): Headers {
  return given instanceof Headers ? given : new Headers(given);
}

/** The beginning of a body, which may be endless or break off. */
async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      bytes += chunk.byteLength;
      if (bytes > maxErrorBytes) break;
    }
  } catch {
    // The status says enough.
  }
  return text;
}

async function* watched(body: ReadableStream<Uint8Array>, call: FetchedCall): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader();
  let bytes = 0;
  let lineBytes = 0;
  let last = lineFeed;
  let isOpen = true;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      isOpen = !done;
      if (done) break;
      call.onBytes();
      bytes += value.byteLength;
      const lineEnd = value.lastIndexOf(lineFeed);
      lineBytes = lineEnd < 0 ? lineBytes + value.byteLength : value.byteLength - lineEnd;
      last = value.at(-1) ?? last;
      if (bytes > maxBodyBytes) throw failing(call, failedWith('protocol', `${call.id} sent more than ${maxBodyBytes} bytes and was stopped.`));
      if (lineBytes > maxLineBytes) throw failing(call, failedWith('protocol', `${call.id} sent more than ${maxLineBytes} bytes in one line and was stopped.`));
      yield value;
    }
    call.onEnd(last !== lineFeed && last !== carriageReturn);
  } finally {
    if (isOpen) await leave(reader, call);
  }
}

function failing(call: FetchedCall, failure: ModelError): ModelError {
  call.onFailure(failure);
  return failure;
}

/** A connection can be used again only when its answer was read to the end. */
async function leave(reader: ReadableStreamDefaultReader<Uint8Array>, call: FetchedCall): Promise<void> {
  try {
    while (call.onLeave() && !(await reader.read()).done);
    await reader.cancel();
  } catch {
    // The outcome is settled already.
  }
}
