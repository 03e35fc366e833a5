import { failedWith } from '../failed-with.ts';
import type { ModelError } from '../model-error.ts';
import { canonicalEvents } from './canonical-events.ts';
import type { WireSettings } from './provider-options.ts';

const maxBodyBytes = 256_000_000;
const maxErrorBytes = 256_000;
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
  /** The service turned the request away. What is returned is thrown. */
  refused(answer: { readonly status: number; readonly headers: Headers; readonly body: string }): ModelError;
}

/**
 * The fetch of one call: sends exactly our headers, follows no redirect, reports what arrives, reads what a refusal
 * says and stops a body without end.
 */
export function createCallFetch(settings: Pick<WireSettings, 'headers' | 'fetch'>, call: FetchedCall): typeof globalThis.fetch {
  return async (input, init) => {
    const given = new Headers(init?.headers);
    const headers = new Headers();
    for (const name of keptHeaders) if (given.has(name)) headers.set(name, given.get(name) ?? '');
    for (const [name, value] of Object.entries({ ...call.headers, ...settings.headers })) headers.set(name, value);

    // A redirect would carry prompt and headers to a place that nobody configured.
    const response = await settings.fetch(input, { ...init, headers, redirect: 'manual' });
    call.onBytes();
    call.onHeaders(Object.fromEntries(response.headers));
    if (!response.ok) throw call.refused({ status: response.status, headers: response.headers, body: await readStart(response) });
    if (response.headers.get('content-type')?.includes('text/html') === true) {
      await response.body?.cancel();
      throw failedWith('protocol', `${call.id} answered with a web page instead of a model's answer. Check the baseURL.`, { status: response.status });
    }
    if (response.body === null) return response;
    const { status, statusText } = response;
    const counted = response.body.pipeThrough(count(call));
    return new Response(call.plainEvents ? counted.pipeThrough(canonicalEvents()) : counted, { status, statusText, headers: response.headers });
  };
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

function count(call: FetchedCall): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  let last: Uint8Array = new Uint8Array();
  return new TransformStream({
    transform(chunk, controller) {
      call.onBytes();
      bytes += chunk.byteLength;
      if (chunk.byteLength > 0) last = chunk;
      if (bytes > maxBodyBytes) throw failedWith('protocol', `${call.id} sent more than ${maxBodyBytes} bytes and was stopped.`);
      controller.enqueue(chunk);
    },
    flush() {
      call.onEnd(bytes > 0 && last.at(-1) !== 10 && last.at(-1) !== 13);
    },
  });
}
