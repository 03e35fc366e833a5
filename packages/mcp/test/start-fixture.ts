import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { StepContext, ToolOutput } from '@fw/agents-core';
import type { McpConnection, McpProcess, StartServer } from '../src/index.ts';

export const fixture = fileURLToPath(new URL('fixture-server.ts', import.meta.url));

/** A plain process, as a caller would start one who trusts the server. `seen` gets each that was started. */
export function startFixture(seen: ChildProcess[] = [], args: (start: number) => readonly string[] = () => []): StartServer {
  return () => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fixture, 'stdio', ...args(seen.length)], { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: '/usr/bin' } });
    seen.push(child);
    let errors = '';
    child.stderr.on('data', (bytes: Buffer) => {
      errors = (errors + bytes.toString()).slice(-2_000);
    });
    const server: McpProcess = { stdin: child.stdin, stdout: child.stdout, errors: () => errors, ended: once(child, 'close'), kill: () => void child.kill('SIGKILL') };
    return Promise.resolve(server);
  };
}

/** The fixture over HTTP; its origin. */
export async function serveFixture(): Promise<string> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fixture, 'http'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return `http://127.0.0.1:${port.toString().trim()}`;
}

export async function callTool(connection: McpConnection, name: string, input: unknown = {}, signal: AbortSignal = new AbortController().signal): Promise<ToolOutput> {
  const tool = connection.tools.find((one) => one.name === name);
  if (tool?.kind !== 'leaf') throw new Error(`no tool ${name}; there are ${connection.tools.map((one) => one.name).join()}`);
  const step: StepContext = { key: 'test', attempt: 1, signal, progress: () => undefined };
  return (await tool.run(input as never, step)) as unknown as ToolOutput;
}
