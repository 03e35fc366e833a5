import type { Config } from './config.ts';
import { settingsOf } from './engines.ts';

/** What a file that came with the project could do to its reader, although it is only data. */
export function reachOf(config: Config): string | undefined {
  if ((config.plugins ?? []).length > 0) return 'names plugins, which are code,';
  const places = Object.values(config.providers ?? {}).map((provider) => provider.baseURL);
  const remote = places.find((baseURL) => baseURL !== undefined && !isLoopback(baseURL));
  if (remote !== undefined) return `sends prompts and a key to ${remote}`;
  const server = Object.values(config.mcp ?? {}).find(({ url }) => url !== undefined && !isLoopback(url))?.url;
  if (server !== undefined) return `lets agents send to the MCP server ${server}`;
  const { ingressUrl, adminUrl } = settingsOf(config.engine);
  const engine = [ingressUrl, adminUrl].find((url) => url !== undefined && !isLoopback(url));
  return engine === undefined ? undefined : `gives runs to the server ${engine}`;
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
