import * as http from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
// Not the global one, which a test may have put under a clock of its own.
import { setImmediate } from 'node:timers';
import { TLSSocket } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import type { Aborting } from '../abort-source.ts';
import { bodyOf } from './http-body.ts';
import type { Received } from './received.ts';

export interface Sending {
  readonly method: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  readonly signal: Aborting;
}

/** As long as a connection that nobody uses is kept; servers close theirs after five seconds or later. */
const idleMs = 4_000;
const connectMs = 10_000;

let agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent } | undefined;
const places = new Map<string, RequestOptions>();
const maxPlaces = 100;

/**
 * Sends a request over `node:http` and resolves with the head of the answer: what `fetch` does, without its streams
 * and what they cost. It follows no redirect, asks for no compression, and keeps connections for the next request.
 */
export function sendOverHttp(url: string, { method, headers, body, signal }: Sending): Promise<Received> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  // No function below names the body: what they share would keep it for the time of the answer.
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  agents ??= { 'http:': new http.Agent({ keepAlive: true, timeout: idleMs }), 'https:': new https.Agent({ keepAlive: true, timeout: idleMs }) };
  const place = placeOf(url);
  const isSecure = place.protocol === 'https:';
  const request = (isSecure ? https : http).request({ ...place, method, headers: headers as OutgoingHttpHeaders, agent: agents[isSecure ? 'https:' : 'http:'] });
  let answer: IncomingMessage | undefined;
  const onAbort = (): void => void (answer ?? request).destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  const release = (): void => signal.removeEventListener('abort', onAbort);
  request.on('error', (error) => {
    if (answer === undefined) release();
    reject(signal.aborted ? (signal.reason as Error) : told(error));
  });
  request.on('socket', limitConnecting);
  request.on('upgrade', (message, socket) => {
    socket.destroy();
    release();
    reject(new Error(`The server answered HTTP ${message.statusCode ?? 0} and changed the protocol`));
  });
  request.on('response', (message) => {
    answer = message;
    resolve({ status: message.statusCode ?? 0, headers: headersOf(message), body: bodyOf(message, release) });
  });
  // What is asked for in one turn of the event loop is sent together: a server of this machine that has nothing to do is woken once for all of it.
  setImmediate(send, request, body);
  return promise;
}

function send(request: ClientRequest, body: string): void {
  if (request.destroyed) return;
  // Most bodies are ASCII, whose text is sent as it is.
  request.end(body, Buffer.byteLength(body) === body.length ? 'latin1' : 'utf8');
  putTogether(request);
}

function limitConnecting(this: ClientRequest, socket: Socket): void {
  if (!socket.connecting) return;
  const connected = socket instanceof TLSSocket ? 'secureConnect' : 'connect';
  const late = setTimeout(() => this.destroy(Object.assign(new Error(`No connection within ${connectMs} ms`), { code: 'ETIMEDOUT' })), connectMs);
  // The connection outlives the request, and must not hold it.
  const inTime = (): void => {
    clearTimeout(late);
    socket.off(connected, inTime).off('close', inTime);
  };
  socket.on(connected, inTime).on('close', inTime);
}

/** Node keeps the head of a request as the pieces it was made of, which take three times the room, until somebody looks into it. */
function putTogether(request: ClientRequest): void {
  const { _header: head } = request as { readonly _header?: unknown };
  if (typeof head === 'string') lineEnd.test(head);
}

const lineEnd = /\n$/;

/** Node says "Parse Error" of what is no HTTP; of JSON others say the same. */
function told(error: NodeJS.ErrnoException): Error {
  return error.code?.startsWith('HPE_') === true ? Object.assign(new Error('The server does not speak HTTP', { cause: error }), { code: error.code }) : error;
}

function placeOf(url: string): RequestOptions {
  let place = places.get(url);
  if (place === undefined) {
    // No more than is needed: Node copies it four times for a request, and keeps it with the connection.
    const { protocol, hostname, port, path } = urlToHttpOptions(new URL(url));
    // Said here once, the name of the server need not be found out for each request.
    place = { protocol, hostname, port, path, servername: typeof hostname !== 'string' || isIP(hostname) !== 0 ? '' : hostname } as RequestOptions;
    // Of most services there is one; those that put the model into it have a few.
    if (places.size >= maxPlaces) places.clear();
    places.set(url, place);
  }
  return place;
}

function headersOf({ headers }: IncomingMessage): { readonly [name: string]: string } {
  const cookies = headers['set-cookie'];
  return (cookies === undefined ? headers : { ...headers, 'set-cookie': cookies.join(', ') }) as { readonly [name: string]: string };
}
