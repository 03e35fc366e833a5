import { AsyncLocalStorage } from 'node:async_hooks';
import type { Http2ServerRequest } from 'node:http2';

/** Ends what an attempt hears of Restate: the SDK suspends it then, as it does when Restate itself asks for it. */
export interface InputGate {
  close(): void;
}

const gates = new AsyncLocalStorage<InputGate>();

/** Of the request that this code works for. */
export const gateHere = (): InputGate | undefined => gates.getStore();

/**
 * Handles a request whose input can be ended from here. Restate's own timeout does not tell a run that waits from one whose
 * step takes long; and once it has asked for suspension, an answer or a cancel no longer reaches that step.
 */
export function handleWithGate(request: Http2ServerRequest, handle: () => void): void {
  const closed = Promise.withResolvers<IteratorReturnResult<undefined>>();
  const chunks = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const gated: AsyncIterableIterator<Buffer> = {
    next: () => Promise.race([chunks.next(), closed.promise]),
    [Symbol.asyncIterator]: () => gated,
  };
  Object.defineProperty(request, Symbol.asyncIterator, { value: () => gated });
  gates.run({ close: () => closed.resolve({ done: true, value: undefined }) }, handle);
}
