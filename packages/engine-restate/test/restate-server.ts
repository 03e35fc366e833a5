import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A real Restate on loopback with random ports, its data in a folder of its own. */
export interface RestateServer {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** The same server, with its data, at the same ports. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
  /** What its administration answers to a query. */
  query(sql: string): Promise<readonly { readonly [column: string]: unknown }[]>;
}

const START_MS = 30_000;

export async function startRestate(environment: { readonly [name: string]: string } = {}): Promise<RestateServer> {
  const folder = mkdtempSync(join(tmpdir(), 'fw-restate-'));
  const [node, ingress, admin] = await freePorts(3);
  const adminUrl = `http://127.0.0.1:${admin}`;
  let running: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const log = openSync(join(folder, 'log'), 'a');
    running = spawn(serverFile(), ['--no-logo', '--base-dir', join(folder, 'data'), '--node-name', 'one', '--listen-mode', 'tcp', '--bind-ip', '127.0.0.1', '--advertised-host', '127.0.0.1', '--default-num-partitions', '2'], {
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env['PATH'], HOME: folder, DO_NOT_TRACK: '1', RESTATE_DISABLE_TELEMETRY: 'true',
        RESTATE_BIND_PORT: String(node), RESTATE_INGRESS__BIND_PORT: String(ingress), RESTATE_ADMIN__BIND_PORT: String(admin),
        RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '256MB', ...environment,
      },
    });
    closeSync(log);
    const until = Date.now() + START_MS;
    while (!(await isReady(adminUrl, `http://127.0.0.1:${ingress}`))) {
      if (running.exitCode !== null || Date.now() > until) throw new Error(`Restate did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2_000)}`);
      await delay(25);
    }
  };
  const kill = async (): Promise<void> => {
    const ending = running;
    running = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGKILL');
    await ended;
  };
  process.once('exit', () => running?.kill('SIGKILL'));
  await start();
  return {
    ingressUrl: `http://127.0.0.1:${ingress}`, adminUrl, kill, restart: start,
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
    async query(sql) {
      const response = await fetch(`${adminUrl}/query`, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify({ query: sql }) });
      return ((await response.json()) as { readonly rows: readonly { readonly [column: string]: unknown }[] }).rows;
    },
  };
}

export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** The program itself: its launcher in npm would stay between us and its pid. */
function serverFile(): string {
  const launcher = createRequire(import.meta.url).resolve('@restatedev/restate-server/package.json');
  const platform = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  return join(dirname(createRequire(launcher).resolve(`${platform}/package.json`)), 'bin', 'restate-server');
}

async function isReady(...urls: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(urls.map((url) => fetch(`${url}/${url === urls[0] ? 'health' : 'restate/health'}`).then(({ ok }) => ok, () => false)));
  return answers.every(Boolean);
}
