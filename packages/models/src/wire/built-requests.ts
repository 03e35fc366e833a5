import { keptOf } from './call-fetch.ts';
import type { Outgoing, Send } from './call-fetch.ts';
import type { EventStream } from './event-stream.ts';
import { eventsIn } from './event-stream.ts';

/** As much of an SDK's client as builds a request: its address, its headers and its body. */
export interface BuildingClient {
  buildRequest(options: { readonly method: 'post'; readonly path: string; readonly body: object }): Promise<{ readonly url: string; readonly req: RequestInit }>;
}

/**
 * Sends requests as an SDK builds them and gives the events of the answer. Those to one path differ in their bodies
 * only, and a body is sent as its JSON: the SDK builds the first, and the others go where that one went.
 */
export function createBuiltRequests(path: string, create: () => Promise<BuildingClient>): (body: string, send: Send) => Promise<EventStream> {
  let built: Omit<Outgoing, 'body'> | undefined;
  const build = async (): Promise<Omit<Outgoing, 'body'>> => {
    const client = await create();
    const { url, req } = await client.buildRequest({ method: 'post', path, body: {} });
    return (built = { url, method: 'POST', headers: keptOf(req.headers) });
  };
  // In steps that end one after the other: nothing is kept for the time of the answer.
  return (body, send) => (built === undefined ? build().then((first) => send({ ...first, body })) : send({ ...built, body })).then(eventsIn);
}
