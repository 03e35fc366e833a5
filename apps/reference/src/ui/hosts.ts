import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/** The hosts that requests may name, the one for links first. Wildcard addresses have no name and are refused before. */
export function namesOf(host: string, port: number): ReadonlySet<string> {
  const own = isIPv6(host) ? `[${host}]` : host.toLowerCase();
  const isLoopback = own === 'localhost' || own === '[::1]' || own.startsWith('127.');
  const hosts = [...new Set([own, ...(isLoopback ? ['127.0.0.1', 'localhost', '[::1]'] : [])])];
  return new Set(hosts.flatMap((name) => [`${name}:${String(port)}`, ...(port === 80 ? [name] : [])]));
}

/** Exactly one `Host`, and one of ours; the target is a path, so that it names no other host. */
export function isHostAllowed({ rawHeaders, url }: IncomingMessage, names: ReadonlySet<string>): boolean {
  const hosts = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host');
  return hosts.length === 1 && names.has(hosts[0]!.toLowerCase()) && url?.startsWith('/') === true;
}
