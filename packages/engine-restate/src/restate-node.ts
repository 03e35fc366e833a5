import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowError } from '@fw/workflow';

export interface RestateNodeOptions {
  readonly name: string;
  /** Absolute; holds its data and its log. */
  readonly folder: string;
  readonly port: number;
  readonly ingressPort: number;
  readonly adminPort: number;
  /** Settings of the server, as it reads them: RESTATE_… */
  readonly environment?: { readonly [name: string]: string };
}

export interface RestateNode {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  /** Resolves when it takes calls. @throws WorkflowError `FW_RESTATE_SERVER` with the end of its log. */
  ready(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

const START_MS = 60_000;

/** Starts a node of Restate on loopback, which reports to nobody. It ends with this process. */
export function startRestateNode({ name, folder, port, ingressPort, adminPort, environment }: RestateNodeOptions): RestateNode {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(serverFile(), ['--no-logo', '--base-dir', join(folder, 'data'), '--node-name', name, '--listen-mode', 'tcp', '--bind-ip', '127.0.0.1', '--advertised-host', '127.0.0.1'], {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env['PATH'], HOME: folder, DO_NOT_TRACK: '1', RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_BIND_PORT: String(port), RESTATE_INGRESS__BIND_PORT: String(ingressPort), RESTATE_ADMIN__BIND_PORT: String(adminPort),
      ...environment,
    },
  });
  closeSync(log);
  const ingressUrl = `http://127.0.0.1:${ingressPort}`;
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  let failure: Error | undefined;
  child.once('error', (error) => { failure = error; });
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  return {
    ingressUrl, adminUrl,
    async ready() {
      const until = performance.now() + START_MS;
      while (!((await answers(`${adminUrl}/health`)) && (await answers(`${ingressUrl}/restate/health`)))) {
        if (failure || hasEnded(child) || performance.now() > until) {
          await this.kill();
          throw new WorkflowError('FW_RESTATE_SERVER', { message: `Restate did not start: ${failure?.message ?? readFileSync(logFile, 'utf8').slice(-2_000)}` });
        }
        await delay(25);
      }
    },
    async kill() {
      process.off('exit', killNow);
      if (hasEnded(child) || child.pid === undefined) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const answers = (url: string): Promise<boolean> => fetch(url, { signal: AbortSignal.timeout(2_000) }).then(({ ok }) => ok, () => false);

/** The program itself: its launcher in npm would stay between us and its pid. */
function serverFile(): string {
  const require = createRequire(import.meta.url);
  try {
    const launcher = require.resolve('@restatedev/restate-server/package.json');
    return join(dirname(createRequire(launcher).resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/package.json`)), 'bin', 'restate-server');
  } catch (cause) {
    throw new WorkflowError('FW_RESTATE_SERVER', { message: `@restatedev/restate-server is not installed for ${process.platform}-${process.arch}. Install it as a development dependency; its licence is BSL 1.1, so it comes with nothing of ours.`, cause });
  }
}
