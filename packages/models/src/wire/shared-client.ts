import { headersOf } from './call-fetch.ts';

type Fetch = typeof globalThis.fetch;

/** The client of an SDK, made with the first call and used by all: making one costs as much as a short answer. */
export interface SharedClient<Client> {
  /** Uses the client so that its request goes through `fetch`; `headers` must be given to it with the request. */
  use<Value>(fetch: Fetch, send: (client: Client, headers: { readonly [name: string]: string }) => Promise<Value>): Promise<Value>;
}

/** Tells whose request it is. It is read here and not sent. */
const header = 'x-fw-call';

export function createSharedClient<Client>(create: (fetch: Fetch) => Promise<Client>): SharedClient<Client> {
  const calls = new Map<string, Fetch>();
  let client: Promise<Client> | undefined;
  let number = 0;
  const dispatch: Fetch = (input, init) => {
    const fetch = calls.get(headersOf(init?.headers).get(header) ?? '');
    return fetch === undefined ? Promise.reject(new Error('The SDK sent a request that nobody asked for.')) : fetch(input, init);
  };
  return {
    async use(fetch, send) {
      client ??= create(dispatch);
      const made = await client.catch((error: unknown) => {
        client = undefined;
        throw error;
      });
      const id = String(number += 1);
      calls.set(id, fetch);
      try {
        return await send(made, { [header]: id });
      } finally {
        calls.delete(id);
      }
    },
  };
}
