import * as http from 'node:http';
import { AppError } from './app-error.ts';
import type { Environment } from './cli-context.ts';
import { ollamaOrigin } from './detect-providers.ts';

const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'] as const;
/** Where model servers are looked for: never behind a proxy, which would look on its own machine. */
const ownServers = [11434, 1234, 8080, 8000].flatMap((port) => [`127.0.0.1:${String(port)}`, `localhost:${String(port)}`]);

/**
 * Sends what this process fetches through the proxies that the environment names, except where `NO_PROXY` says, and to
 * the usual model servers of this machine. `NODE_EXTRA_CA_CERTS` needs nothing: Node reads it when it starts.
 * @throws AppError `FW_USAGE` when an address is no URL or this Node cannot do it; no message repeats the address, which may hold a password.
 */
export function useProxies(environment: Environment): void {
  const given = variables.filter((name) => (environment[name] ?? '') !== '');
  if (given.length === 0) return;
  for (const name of given) {
    const { protocol, hostname } = URL.parse(environment[name] ?? '') ?? {};
    if (!/^https?:$/.test(protocol ?? '') || hostname === '') {
      throw new AppError('FW_USAGE', { message: `${name} is not an http or https address, such as http://proxy.example:3128.` });
    }
  }
  const setProxies = (http as { readonly setGlobalProxyFromEnv?: (proxies: object) => unknown }).setGlobalProxyFromEnv;
  if (setProxies === undefined) {
    // Older releases do it when they are told before they start.
    if (environment['NODE_USE_ENV_PROXY'] === '1') return;
    throw new AppError('FW_USAGE', { message: `${given.join(' and ')} is set, and Node ${process.versions.node} can use it only when it starts: set NODE_USE_ENV_PROXY=1 as well, or use Node 24.14 or newer.` });
  }
  const first = (...names: readonly string[]): string | undefined => names.map((name) => environment[name] ?? '').find((value) => value !== '');
  const ollama = ollamaOrigin(environment);
  const excepted = first('no_proxy', 'NO_PROXY');
  const direct = [...(excepted === undefined ? [] : [excepted]), ...ownServers, ...(ollama === undefined ? [] : [new URL(ollama).host])];
  const proxies = { http_proxy: first('http_proxy', 'HTTP_PROXY'), https_proxy: first('https_proxy', 'HTTPS_PROXY'), no_proxy: excepted?.trim() === '*' ? '*' : direct.join(',') };
  setProxies(Object.fromEntries(Object.entries(proxies).filter(([, value]) => value !== undefined)));
}
