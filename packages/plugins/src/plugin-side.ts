import type { Json } from './json.ts';

/** Calls the host; the host checks each. */
export type AskHost = (method: string, input: Json) => Promise<Json>;

/** What a plugin can be granted beside what its host is for, in its own process and inline alike. Every call is checked by the host. */
export interface GrantedCapabilities {
  /** Files within the roots of `permissions.fs`, such as `workspace`. */
  readonly files: {
    read(root: string, path: string): Promise<string>;
    /** Names in a folder; folders end with a slash. */
    list(root: string, path?: string): Promise<readonly string[]>;
    write(root: string, path: string, content: string): Promise<void>;
  };
  /** Reaches the hosts and ports of `permissions.net` alone. Bodies are text or bytes of up to 4 MiB. */
  readonly fetch: (url: string | URL, init?: FetchInit) => Promise<Response>;
  /** The variables of `permissions.env` that are set. */
  readonly env: { readonly [name: string]: string | undefined };
  /** Models of the user's config, up to `permissions.models.maxUsdPerRun`. */
  readonly models: { generate(request: Json): Promise<Json> };
}

export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | Headers;
  readonly body?: string | Uint8Array;
  readonly redirect?: 'follow' | 'manual' | 'error';
  /** For the whole answer; default 30 s, at most 10 min. */
  readonly timeoutMs?: number;
}

/** The capabilities as calls of `ask`. */
export function createGrantedCapabilities(ask: AskHost, env: { readonly [name: string]: string }): GrantedCapabilities {
  return {
    files: Object.freeze({
      read: async (root: string, path: string) => (await ask('files.read', { root, path })) as string,
      list: async (root: string, path = '.') => (await ask('files.list', { root, path })) as readonly string[],
      write: async (root: string, path: string, content: string) => void (await ask('files.write', { root, path, content })),
    }),
    async fetch(url, { method = 'GET', headers = {}, body, redirect = 'follow', timeoutMs } = {}) {
      const answer = (await ask('fetch', {
        url: String(url), method, redirect,
        headers: Object.fromEntries(headers instanceof Headers ? headers : Object.entries(headers)),
        ...(body !== undefined && { body: Buffer.from(body).toString('base64') }),
        ...(timeoutMs !== undefined && { timeoutMs }),
      })) as { readonly status: number; readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string };
      const bytes = Buffer.from(answer.body, 'base64');
      const response = new Response([204, 205, 304].includes(answer.status) ? null : bytes, { status: answer.status, headers: answer.headers });
      Object.defineProperty(response, 'url', { value: answer.url });
      return response;
    },
    env: Object.freeze({ ...env }),
    models: Object.freeze({ generate: (request: Json) => ask('models.generate', request) }),
  };
}
