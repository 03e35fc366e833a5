import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const launcher: string = fileURLToPath(new URL('../bin/fw.js', import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  /** What was written so far. */
  stdout(): string;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly cwd: string;
  /** The whole environment but PATH. */
  readonly env?: { readonly [name: string]: string };
  /** Before the launcher. */
  readonly nodeOptions?: readonly string[];
  readonly launcher?: string;
  readonly stdin?: 'ignore' | 'pipe';
  readonly onOutput?: (stdout: string) => void;
}

/** Starts `fw` as its users do: the launcher, in a process of its own, with a small environment. */
export function startFw(args: readonly string[], options: StartOptions): Started {
  const child = spawn(process.execPath, [...(options.nodeOptions ?? []), options.launcher ?? launcher, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    options.onOutput?.(stdout);
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => { stderr += chunk; });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => { resolve({ exitCode, signal, stdout, stderr }); });
  });
  return { process: child, stdout: () => stdout, ended };
}

export function runFw(args: readonly string[], options: StartOptions): Promise<Ended> {
  return startFw(args, options).ended;
}
