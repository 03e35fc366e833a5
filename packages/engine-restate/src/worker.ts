import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createEndpointHandler } from '@restatedev/restate-sdk';
import type { LogMetadata } from '@restatedev/restate-sdk';
import type { Agent, Json } from '@fw/workflow';
import { digestOf, WorkflowError } from '@fw/workflow';
import { handleWithGate } from './input-gate.ts';
import type { RestateClient } from './restate-client.ts';
import type { RestateWorkerOptions } from './restate-worker-options.ts';
import type { RunService } from './run-service.ts';

export interface Worker {
  readonly url: string;
  readonly version: string;
  close(): Promise<void>;
}

const DEFAULT_PORT = 9080;
const PROBE_MS = 1_000;
const CLOSE_MS = 1_000;
/** Runs on one connection. A connection goes to one of the workers that share a port, so many small ones spread the work. */
const STREAMS = 32;
const CAN_SHARE_PORT = process.platform === 'linux';

/**
 * Serves the runs and registers them with Restate.
 * @throws WorkflowError `FW_RESTATE_PORT` when the port is taken, also by a worker of another version; `FW_RESTATE_UNREACHABLE`.
 */
export async function startWorker(service: RunService, client: RestateClient, options: RestateWorkerOptions, context: { readonly agents: readonly Agent[]; readonly service: string; readonly log: (message: string, data?: Json) => void }): Promise<Worker> {
  const { host = '127.0.0.1', port = DEFAULT_PORT, identityKeys = [] } = options;
  const version = options.version ?? versionOf(context.agents);
  // Part of the address: another version at the same place is another deployment, and never gets runs of this one.
  const path = `/${context.service}/${encodeURIComponent(version)}`;
  const handler = createEndpointHandler({ services: [service.definition], identityKeys: [...identityKeys], logger: (meta, ...message) => logLine(context.log, meta, message) });
  const server = http2.createServer({ settings: { maxConcurrentStreams: STREAMS } }, (request, response) => {
    if (request.url.startsWith(`${path}/`)) return handleWithGate(request, () => handler(request, response));
    response.writeHead(503, { 'content-type': 'text/plain', 'x-fw-worker': path });
    response.end(`This worker serves ${path}.`);
  });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
    session.on('close', () => sessions.delete(session));
  });
  const close = async (): Promise<void> => {
    await service.stop();
    const closed = new Promise((resolve) => server.close(resolve));
    for (const session of sessions) session.close();
    const timer = setTimeout(() => { for (const session of sessions) session.destroy(); }, CLOSE_MS);
    await closed;
    clearTimeout(timer);
  };

  await assertFree(host, port, path);
  await listen(server, host, port);
  try {
    const address = server.address() as AddressInfo;
    const url = `${(options.advertisedUrl ?? `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`).replace(/\/+$/, '')}${path}`;
    await client.register(url);
    return { url, version, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function listen(server: http2.Http2Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(new WorkflowError('FW_RESTATE_PORT', { message: `A worker cannot listen at ${host}:${port}: ${cause.code ?? cause.message}. Choose another port.`, cause })));
    server.listen({ host, port, ...(CAN_SHARE_PORT && port !== 0 && { reusePort: true }) }, resolve);
  });
}

/** A shared port gives each connection to any of those who listen: all of them have to serve the same. */
async function assertFree(host: string, port: number, path: string): Promise<void> {
  if (port === 0 || !CAN_SHARE_PORT) return;
  const other = await probe(host, port);
  if (other === undefined || other === path) return;
  throw new WorkflowError('FW_RESTATE_PORT', { message: `A worker of ${other} listens at ${host}:${port} already; this one serves ${path}. Give each version a port of its own.` });
}

/** What the worker at that place serves; nothing where there is none. */
function probe(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const session = http2.connect(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
    const done = (path?: string): void => {
      clearTimeout(timer);
      session.destroy();
      resolve(path);
    };
    const timer = setTimeout(done, PROBE_MS);
    session.on('error', () => done());
    const request = session.request({ ':path': '/' });
    request.on('error', () => done());
    request.on('response', (headers) => done(headers['x-fw-worker'] as string | undefined));
    request.end();
  });
}

const versionOf = (agents: readonly Agent[]): string =>
  digestOf(agents.map(({ name, version = '', capabilities }) => ({ name, version, capabilities: [...capabilities] }))).slice(0, 16);

function logLine(log: (message: string, data?: Json) => void, { level, replaying, context }: LogMetadata, message: readonly unknown[]): void {
  if (replaying || (level !== 'error' && level !== 'warn')) return;
  if (String(message[0]).startsWith('Accepting requests without validating')) return;
  log(message.map((part) => (part instanceof Error ? part.message : String(part))).join(' '), context ? { invocation: context.invocationId, ...(context.key !== undefined && { run: context.key }) } : {});
}
