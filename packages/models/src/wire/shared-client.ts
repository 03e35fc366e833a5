type Fetch = typeof globalThis.fetch;

/** The client of an SDK, made with the first call and used by all: making one costs as much as a short answer. */
export interface SharedClient<Client> {
  /** Uses the client so that its request goes through `fetch`; `options` must be given to it with the request. */
  use<Value>(fetch: Fetch, send: (client: Client, options: { readonly fetchOptions: { readonly redirect: 'manual' } }) => Promise<Value>): Promise<Value>;
}

/** Tells whose request it is. It comes with what the SDK passes on to its fetch, and is not sent. */
const fetchOfCall = Symbol('fetch of a call');

export function createSharedClient<Client>(create: (fetch: Fetch) => Promise<Client>): SharedClient<Client> {
  let making: Promise<Client> | undefined;
  let made: Client | undefined;
  const dispatch: Fetch = (input, init) => {
    const fetch = (init as { readonly [fetchOfCall]?: Fetch } | undefined)?.[fetchOfCall];
    return fetch === undefined ? Promise.reject(new Error('The SDK sent a request that nobody asked for.')) : fetch(input, init);
  };
  const make = async (): Promise<Client> => {
    try {
      return (made = await (making ??= create(dispatch)));
    } catch (error) {
      making = undefined;
      throw error;
    }
  };
  return {
    use(fetch, send) {
      const options = { fetchOptions: { redirect: 'manual' as const, [fetchOfCall]: fetch } };
      return made === undefined ? make().then((client) => send(client, options)) : send(made, options);
    },
  };
}
