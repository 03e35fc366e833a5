import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { deny } from './denied.ts';

export interface FetchInput {
  readonly url: string;
  readonly method: string;
  readonly redirect: 'follow' | 'manual' | 'error';
  readonly headers: { readonly [name: string]: string };
  /** Base64. */
  readonly body?: string | undefined;
  /** Default 30 s. */
  readonly timeoutMs?: number | undefined;
}

export interface FetchAnswer {
  readonly status: number;
  /** After redirects. */
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  /** Base64. */
  readonly body: string;
}

const maximumBytes = 4 * 1_048_576;
const mostRedirects = 5;
const defaultTimeoutMs = 30_000;

/**
 * One request for a plugin, to the `host:port` of its grant alone, redirects included. A name that leads to this
 * machine or to a private network is refused, unless what the grant names is that address, or `localhost`: else
 * whoever owns a granted name could send a plugin there.
 */
export async function guardedFetch(input: FetchInput, granted: readonly string[], signal: AbortSignal): Promise<FetchAnswer> {
  let { url, method, body } = input;
  let headers: { readonly [name: string]: string } = input.headers;
  const stop = AbortSignal.any([signal, AbortSignal.timeout(input.timeoutMs ?? defaultTimeoutMs)]);
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    const target = checkTarget(url, granted);
    const answer = await send(target, method, headers, body, stop);
    const location = answer.headers['location'];
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined || input.redirect === 'manual') return answer;
    if (input.redirect === 'error') deny(`${target.href} answered with a redirect.`);
    const next = new URL(location, target);
    if (next.origin !== target.origin) headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(authorization|cookie|proxy-authorization)$/i.test(name)));
    if (answer.status === 303 || (answer.status < 303 && method === 'POST')) {
      method = 'GET';
      body = undefined;
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-/i.test(name)));
    }
    url = next.href;
  }
  return deny(`${input.url} was redirected more than ${mostRedirects} times.`);
}

function checkTarget(text: string, granted: readonly string[]): URL {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return deny(`"${text.slice(0, 200)}" is not an http or https address.`);
  const target = `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
  if (!granted.includes(target)) deny(`permissions.net does not hold "${target}".`);
  return url;
}

function send(url: URL, method: string, headers: { readonly [name: string]: string }, body: string | undefined, signal: AbortSignal): Promise<FetchAnswer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    // A connection of its own each time: none is kept that was opened for somebody else.
    const sent = request(url, { method, headers: withoutOurs(headers), signal, agent: false, lookup: lookupPublic(url.hostname) }, (response) => void read(response, url).then(resolve, reject));
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : Buffer.from(body, 'base64'));
  });
}

/** `Host` and how the connection is used are not the plugin's to say. */
function withoutOurs(headers: { readonly [name: string]: string }): { readonly [name: string]: string } {
  return Object.fromEntries([...Object.entries(headers).filter(([name]) => !/^(host|connection|upgrade|transfer-encoding|content-length|expect|proxy-.*|te|trailer)$/i.test(name)), ['accept-encoding', 'identity']]);
}

async function read(response: IncomingMessage, url: URL): Promise<FetchAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maximumBytes) {
      response.destroy();
      deny(`${url.href} answered with more than ${maximumBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  const headers = Object.fromEntries(Object.entries(response.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]])));
  return { status: response.statusCode ?? 0, url: url.href, headers, body: Buffer.concat(chunks).toString('base64') };
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** Looks a name up and hands on only addresses that may be connected to, so that what was checked is what is used. */
function lookupPublic(named: string): (hostname: string, options: LookupOptions, callback: LookupCallback) => void {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const inside = named === 'localhost' ? undefined : addresses.find(({ address }) => isPrivate(address));
      if (inside !== undefined) return callback(Object.assign(new Error(`"${named}" leads to ${inside.address}, on this machine or a private network. Name that address in permissions.net if it is meant.`), { code: 'FW_PLUGIN_DENIED' }), []);
      const [first] = addresses;
      if (options.all === true) return callback(null, addresses);
      return callback(null, first?.address ?? '', first?.family);
    });
  };
}

const privateAddresses = new BlockList();
for (const [net, prefix] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['224.0.0.0', 3]] as const) privateAddresses.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [['::', 127], ['fc00::', 7], ['fe80::', 10], ['ff00::', 8], ['64:ff9b::', 96], ['2002::', 16]] as const) privateAddresses.addSubnet(net, prefix, 'ipv6');

function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return privateAddresses.check(mapped ?? address, isIP(mapped ?? address) === 6 ? 'ipv6' : 'ipv4');
}
