import { failedWith } from '../failed-with.ts';
import type { ChatSettings } from './chat.ts';

const maxBodyBytes = 256_000_000;
/** What the SDK may add; the rest of its headers describe the machine or come from the environment. */
const keptHeaders = ['accept', 'content-type', 'user-agent'];

/**
 * The fetch of one call: sends exactly our headers, follows no redirect, reports what arrives and stops a body
 * without end.
 */
export function createCallFetch(
  settings: Pick<ChatSettings, 'apiKey' | 'headers' | 'fetch'>,
  call: { readonly id: string; onHeaders(headers: { readonly [name: string]: string }): void; onBytes(): void },
): typeof globalThis.fetch {
  return async (input, init) => {
    const given = new Headers(init?.headers);
    const headers = new Headers();
    for (const name of keptHeaders) headers.set(name, given.get(name) ?? '');
    if (settings.apiKey !== undefined) headers.set('authorization', `Bearer ${settings.apiKey}`);
    for (const [name, value] of Object.entries(settings.headers)) headers.set(name, value);

    // A redirect would carry prompt and headers to a place that nobody configured.
    const response = await settings.fetch(input, { ...init, headers, redirect: 'manual' });
    call.onBytes();
    call.onHeaders(Object.fromEntries(response.headers));
    if (response.ok && response.headers.get('content-type')?.includes('text/html') === true) {
      await response.body?.cancel();
      throw failedWith('protocol', `${call.id} answered with a web page instead of a model's answer. Check the baseURL.`, { status: response.status });
    }
    if (response.body === null) return response;
    const { status, statusText } = response;
    return new Response(response.body.pipeThrough(counted(call)), { status, statusText, headers: response.headers });
  };
}

function counted(call: { readonly id: string; onBytes(): void }): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      call.onBytes();
      bytes += chunk.byteLength;
      if (bytes > maxBodyBytes) throw failedWith('protocol', `${call.id} sent more than ${maxBodyBytes} bytes and was stopped.`);
      controller.enqueue(chunk);
    },
  });
}
