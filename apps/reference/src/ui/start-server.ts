import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Framework } from '@fw/framework';
import { AppError } from '../app-error.ts';
import { createActions } from './actions.ts';
import { createApi } from './api.ts';
import type { ClientFile } from './client-files.ts';
import type { Commands } from './commands.ts';
import { createEntrance } from './entrance.ts';
import { isHostAllowed, namesOf } from './hosts.ts';
import { createRunFeeds } from './run-feeds.ts';
import { createRunList } from './run-list.ts';

export interface ServerOptions {
  readonly framework: Framework;
  readonly commands: Commands;
  readonly files: ReadonlyMap<string, ClientFile>;
  readonly version: string;
  /** An address of this machine; loopback unless its user says otherwise. */
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  readonly isReadOnly: boolean;
  /** Gets what was not foreseen. */
  readonly note: (text: string) => void;
}

export interface RunningServer {
  readonly port: number;
  /** With the token: whoever has it may do what the dashboard can do. */
  readonly link: string;
  close(): Promise<void>;
}

/** Serves the dashboard. @throws AppError `FW_USAGE` when the port or address cannot be had. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { framework, commands, files, host, isReadOnly } = options;
  const stop = new AbortController();
  const feeds = createRunFeeds(framework, stop.signal);
  const list = createRunList(framework, stop.signal);
  let serve: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  let names: ReadonlySet<string> = new Set();
  // Who asks for another host was led here by a name that somebody else controls: nothing of ours reads such a request.
  const server = createServer({ maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 20_000, connectionsCheckingInterval: 5_000, keepAliveTimeout: 5_000 }, (request, response) => {
    if (!isHostAllowed(request, names)) return void refuse(response, 421, 'This host is not served here.');
    void serve(request, response);
  });
  server.maxConnections = 4_000;
  server.on('clientError', (_error, socket: Socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  const port = await listen(server, host, options.port);
  names = namesOf(host, port);
  const entrance = createEntrance(port, names);
  const api = createApi({ ...options, entrance, feeds, list, actions: createActions(framework, commands), files, isReadOnly });
  serve = getRequestListener(api.fetch, { overrideGlobalObjects: false, errorHandler: (error) => failed(error, options.note) });
  return {
    port,
    link: `http://${[...names][0]!}/?token=${entrance.token}`,
    async close() {
      stop.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, commands.close()]);
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'it is taken' : error.code === 'EACCES' ? 'it is not yours to use' : error.code === 'EADDRNOTAVAIL' ? 'this machine does not have that address' : error.message;
      reject(new AppError('FW_USAGE', { message: `The dashboard cannot be served at ${host}, port ${String(port)}: ${why}. --port 0 takes one that is free.`, cause: error }));
    });
    server.listen({ host, port, exclusive: true }, () => { resolve((server.address() as AddressInfo).port); });
  });
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text), 'x-content-type-options': 'nosniff', connection: 'close' });
  response.end(text);
}

function failed(error: unknown, note: (text: string) => void): Response {
  const { name } = error as { readonly name?: unknown };
  // Requests that cannot be read at all.
  if (name === 'RequestError') return new Response('This request cannot be read.', { status: 400, headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' } });
  note(String(error));
  return new Response('This was not foreseen.', { status: 500, headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' } });
}
