import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandOptions, TaskWorkspace } from '@fw/agents-core';
import { McpError } from './mcp-error.ts';
import type { McpProcess, StartServer } from './mcp-server.ts';

export interface StartInWorkspaceOptions {
  /** False allows a workspace that has no sandbox; default true. */
  readonly requireSandbox?: boolean;
  /** Absolute folders outside of the workspace that the server may read, such as its own. */
  readonly readable?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  readonly limits?: CommandOptions['limits'];
}

/** The longest that a server runs. */
const maxRunMs = 24 * 3_600_000;
const maxErrors = 4_000;

/**
 * Starts a server's command as a workspace runs commands: in its sandbox, without network, with an environment of its own.
 * It works on a copy of the tree as found, so that the workspace itself stays free. Its input and output go through a
 * socket in a folder of its own, because a command of a workspace has neither while it runs.
 * Throws `FW_MCP_SANDBOX` when the workspace has no sandbox.
 */
export function startInWorkspace(workspace: TaskWorkspace, command: readonly string[], options: StartInWorkspaceOptions = {}): StartServer {
  if (options.requireSandbox !== false && workspace.sandbox.startsWith('none'))
    throw new McpError('FW_MCP_SANDBOX', { message: `An MCP server is not started without a sandbox (${workspace.sandbox}). Make one available, or set requireSandbox to false if the server is trusted.` });
  return async (signal) => {
    signal.throwIfAborted();
    const folder = await mkdtemp(join(tmpdir(), 'fw-mcp-'));
    const path = join(folder, `${randomBytes(8).toString('hex')}.sock`);
    const stop = new AbortController();
    const stopped = AbortSignal.any([signal, stop.signal]);
    const listener = createServer();
    let copy: TaskWorkspace | undefined;
    let errors = '';
    const cleanUp = async (): Promise<void> => {
      listener.close();
      await copy?.close();
      await rm(folder, { recursive: true, force: true });
    };
    try {
      const socket = connectionTo(listener);
      await listening(listener, path);
      // The sandbox may run as another user, who has to reach it; the folder's name is not known to others.
      await chmod(folder, 0o711);
      await chmod(path, 0o666);
      copy = await workspace.checkout(workspace.base);
      stopped.throwIfAborted();
      const running = copy
        .run(['node', '-e', relay, path, ...command], {
          timeoutMs: maxRunMs,
          maxOutput: maxErrors,
          signal: stopped,
          writable: [folder],
          onOutput: (chunk) => {
            errors = (errors + chunk).slice(-maxErrors);
          },
          ...(options.readable === undefined ? {} : { readable: options.readable }),
          ...(options.env === undefined ? {} : { env: options.env }),
          ...(options.limits === undefined ? {} : { limits: options.limits }),
        })
        .then(({ exitCode }) => exitCode, (error: unknown) => {
          errors = `${errors}\n${(error as Error).message}`;
          return -1;
        });
      const reached = await Promise.race([socket, running]);
      if (typeof reached === 'number') throw new McpError('FW_MCP_CONNECT', { message: `The command ${JSON.stringify(command.join(' ').slice(0, 200))} ended with ${reached}: ${errors.trim().slice(-1_000)}` });
      const ended = running.finally(() => reached.destroy()).then(cleanUp, cleanUp);
      const process: McpProcess = { stdin: reached, stdout: reached, errors: () => errors, ended, kill: () => stop.abort() };
      return process;
    } catch (error) {
      stop.abort();
      await cleanUp();
      throw error;
    }
  };
}

function listening(listener: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(path, resolve);
  });
}

/** The first who connects, which is the relay: it does so before it starts the server. */
function connectionTo(listener: Server): Promise<Socket> {
  return new Promise((resolve) => {
    listener.once('connection', (socket) => {
      socket.on('error', () => undefined);
      listener.close();
      resolve(socket);
    });
  });
}

/** Runs in the sandbox beside the server: what comes from the socket is its input, its output goes there. */
const relay = String.raw`
const { connect } = require('node:net');
const { spawn } = require('node:child_process');
const [path, file, ...args] = process.argv.slice(1);
const socket = connect({ path, allowHalfOpen: true });
socket.on('error', () => process.exit(70));
socket.on('connect', () => {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.on('error', (error) => { console.error(String(error.message)); process.exit(71); });
  child.stdin.on('error', () => {});
  socket.pipe(child.stdin);
  child.stdout.pipe(socket);
  child.on('close', (code) => { process.exitCode = code === null ? 72 : code; socket.end(() => process.exit()); });
});`;
