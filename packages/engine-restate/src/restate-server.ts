import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRestateNode } from './restate-node.ts';

/** A Restate that lives as long as its tests do. */
export interface RestateServer {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, with its data and at its ports. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
  /** The rows of a query in its SQL, e.g. of `sys_invocation`. */
  query(sql: string): Promise<readonly { readonly [column: string]: unknown }[]>;
}

/**
 * Starts a real Restate for tests: on loopback, with random ports, telemetry off, its data in a temporary folder.
 * `@restatedev/restate-server` has to be installed.
 * @param environment Settings of the server, as it reads them: `RESTATE_…`.
 * @throws WorkflowError `FW_RESTATE_SERVER` when it is not installed or does not start.
 */
export async function startRestateServer(environment: { readonly [name: string]: string } = {}): Promise<RestateServer> {
  const folder = mkdtempSync(join(tmpdir(), 'fw-restate-'));
  const [port, ingressPort, adminPort] = await freePorts(3) as [number, number, number];
  const start = () => startRestateNode({
    name: 'one', folder, port, ingressPort, adminPort,
    environment: { RESTATE_DEFAULT_NUM_PARTITIONS: '2', RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '256MB', ...environment },
  });
  let node = start();
  const { ingressUrl, adminUrl } = node;
  try {
    await node.ready();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    ingressUrl, adminUrl,
    kill: () => node.kill(),
    async restart() {
      await node.kill();
      node = start();
      await node.ready();
    },
    async close() {
      await node.kill();
      rmSync(folder, { recursive: true, force: true });
    },
    async query(sql) {
      const response = await fetch(`${adminUrl}/query`, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify({ query: sql }) });
      return ((await response.json()) as { readonly rows: readonly { readonly [column: string]: unknown }[] }).rows;
    },
  };
}

/** Ports of loopback that nobody listens at now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<Server>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
