import type { EventStream } from './event-stream.ts';
import { eventsIn } from './event-stream.ts';

type Fetch = typeof globalThis.fetch;

/** As much of an SDK's client as builds a request: its address, its headers and its body. */
export interface BuildingClient<Options> {
  buildRequest(options: Options): Promise<{ readonly url: string; readonly req: RequestInit }>;
}

/**
 * Sends requests that a client of an SDK builds and gives the events of the answer. The client is made with the first
 * call and used by all: making one costs as much as a short answer.
 */
export function createSharedClient<Options>(create: () => Promise<BuildingClient<Options>>): (options: Options, fetch: Fetch) => Promise<EventStream> {
  let making: Promise<BuildingClient<Options>> | undefined;
  const made = (): Promise<BuildingClient<Options>> => (making ??= create().catch((error: unknown) => {
    making = undefined;
    throw error;
  }));
  // In steps that end one after the other: nothing is kept for the time of the answer.
  return (options, fetch) => made().then((client) => client.buildRequest(options)).then(({ url, req }) => fetch(url, req)).then(eventsIn);
}
