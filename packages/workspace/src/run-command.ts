import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import type { CommandOptions, CommandResult } from '@fw/agents-core';
import { bubblewrapCommand } from './bubblewrap-command.ts';
import { commandEnvironment } from './command-environment.ts';
import { findProgram } from './find-program.ts';
import { killMarked, killTree, waitForEnd } from './kill-tree.ts';
import { cacheFolders, type LinkedModules, type ModuleLinks } from './linked-modules.ts';
import { commandLimits, type CommandLimits, limitedCommand, parseTimes, startMark } from './limited-command.ts';
import { openToNobody, showToNobody } from './nobody.ts';
import { createOutputWindow } from './output-window.ts';
import { readChildren } from './process-tree.ts';
import type { Containment } from './sandbox.ts';
import type { StorageLayout } from './storage-layout.ts';
import type { Toolchain } from './toolchain.ts';
import { watchTree } from './watch-tree.ts';
import { WorkspaceError } from './workspace-error.ts';
import { resolveInside } from './workspace-path.ts';

export interface CommandPlace {
  readonly root: string;
  readonly layout: StorageLayout;
  readonly modules: readonly LinkedModules[];
  readonly links: ModuleLinks;
  readonly containment: Containment;
  readonly toolchain: Toolchain;
}

/** Runs a command on the copy, contained as well as this machine can. When it returns, nothing of it runs any more. */
export async function runCommand(place: CommandPlace, command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const name = command[0];
  if (name === undefined || name === '' || command.some((part) => part.includes('\0'))) {
    throw new WorkspaceError('FW_WORKSPACE_INVALID', { message: `${JSON.stringify(command)} is not a command. Give the program and its arguments, such as ["node", "--test"].` });
  }
  const cwd = await folderInside(place.root, options.cwd ?? '.');
  const readable = await Promise.all((options.readable ?? []).map((path) => folderOutside(place, path)));
  const writable = await Promise.all((options.writable ?? []).map((path) => folderOutside(place, path)));
  place.links.ensure();
  const sandboxed = place.containment.type === 'bubblewrap';
  const marker = `FW_COMMAND=${randomUUID()}`;
  if (!sandboxed) for (const folder of [place.layout.home, place.layout.temporary]) await mkdir(folder, { recursive: true });
  const env = commandEnvironment({
    toolchain: place.toolchain.bin,
    root: place.root,
    home: sandboxed ? '/tmp/home' : place.layout.home,
    temporary: sandboxed ? '/tmp' : place.layout.temporary,
    added: { ...options.env, ...(sandboxed ? {} : { FW_COMMAND: marker.slice('FW_COMMAND='.length) }) },
  });
  const program = await findProgram(name, cwd, env.PATH ?? '');
  if (program === undefined) return notStarted(place, `"${name}" could not be started: no such program in "${options.cwd ?? '.'}" or on PATH.\n`, options);
  if (options.signal?.aborted === true) return notStarted(place, '', options);
  const limits = commandLimits(options.limits);
  const limited = process.platform === 'win32' ? [program, ...command.slice(1)] : limitedCommand([program, ...command.slice(1)], limits, { countProcesses: sandboxed });
  if (place.containment.type === 'none') return execute(place, { file: limited[0] as string, args: limited.slice(1), cwd, env, marker }, limits, options);
  if (place.containment.asNobody) await Promise.all([...readable.map(showToNobody), ...writable.map(openToNobody)]);
  const modules = place.modules.map(({ at }) => `${place.root}/${at}`);
  const frozen = (await Promise.all(modules.map((path) => exists(path)))).flatMap((there, index) => (there ? [modules[index] as string] : []));
  const contained = bubblewrapCommand({
    asNobody: place.containment.asNobody, cwd, root: place.root, writable, network: options.network ?? false, env, frozen,
    caches: frozen.flatMap((path) => cacheFolders.map((cache) => `${path}/${cache}`)),
    readable: [...readable, place.toolchain.bin, ...place.toolchain.paths, ...(await existing(place.modules.map(({ source }) => source)))],
  }, limited);
  // bubblewrap's own environment can be read inside, so it must be empty as well.
  return execute(place, { ...contained, cwd: '/', env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }, marker: undefined }, limits, options);
}

interface Execution {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: { readonly [name: string]: string };
  readonly marker: string | undefined;
}

async function execute(place: CommandPlace, execution: Execution, limits: CommandLimits, options: CommandOptions): Promise<CommandResult> {
  const began = performance.now();
  const window = createOutputWindow(options.maxOutput ?? 1_000_000, options.onOutput);
  const child = spawn(execution.file, execution.args, {
    cwd: execution.cwd, env: { ...execution.env }, detached: process.platform !== 'win32', windowsHide: true,
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const killed = { timedOut: false, aborted: false, outOfMemory: false };
  let first: number | undefined;
  let diagnosis = '';
  let report = '';
  const kill = (reason?: keyof typeof killed): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    if (reason !== undefined) killed[reason] = true;
    killTree(child.pid);
  };
  // Three of the processes are the sandbox and the shell around the command.
  const watch = watchTree(child.pid ?? -1, { ...limits, processes: limits.processes + 3 }, (limit) => kill(limit === 'memory' ? 'outOfMemory' : undefined));
  const timer = setTimeout(() => kill('timedOut'), Math.min(options.timeoutMs ?? 120_000, 2 ** 31 - 1));
  const abort = (): void => kill('aborted');
  options.signal?.addEventListener('abort', abort, { once: true });
  child.stdout?.on('data', (bytes: Buffer) => window.push(bytes));
  child.stderr?.on('data', (bytes: Buffer) => {
    // In the sandbox only bubblewrap itself and the outer shell write here.
    if (process.platform === 'win32') window.push(bytes);
    else if (diagnosis.length < 4_000) diagnosis += bytes.toString('utf8');
  });
  child.stdio[3]?.on('data', (bytes: Buffer) => {
    if (report.length < 4_000) report += bytes.toString('utf8');
    if (execution.marker === undefined && child.pid !== undefined) first ??= readChildren(child.pid)[0];
  });
  // A command need not read what it is given.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.stdin);
  const { code, failure } = await ended(child, async () => {
    if (child.pid !== undefined) killTree(child.pid);
    if (execution.marker !== undefined) await killMarked(execution.marker);
  });
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', abort);
  const used = watch.stop();
  if (first !== undefined) await waitForEnd(first);
  const started = failure === undefined && (process.platform === 'win32' || report.startsWith(startMark));
  if (!started && !killed.timedOut && !killed.aborted && !killed.outOfMemory) window.push(Buffer.from(failure?.message ?? diagnosis));
  return {
    exitCode: started ? code : -1,
    ...window.end(),
    ...killed,
    durationMs: Math.round(performance.now() - began),
    cpuMs: Math.round(Math.max(used.cpuMs, parseTimes(report))),
    peakMemoryBytes: used.peakMemoryBytes,
    sandbox: sandboxName(place.containment),
  };
}

/** How a command was held, as it is recorded. */
export function sandboxName(containment: Containment): string {
  return containment.type === 'none' ? `none: ${containment.reason}` : containment.type;
}

/** Resolves when the process has ended and its pipes are read to the end; `cleanUp` runs in between. */
function ended(child: ChildProcess, cleanUp: () => Promise<void>): Promise<{ readonly code: number; readonly failure?: Error }> {
  return new Promise((resolve) => {
    child.on('error', (failure) => {
      if (child.pid === undefined) resolve({ code: -1, failure });
    });
    let last: NodeJS.Timeout | undefined;
    let cleaned: Promise<void> = Promise.resolve();
    child.on('exit', () => {
      cleaned = cleanUp();
      // Where descendants cannot be found (no /proc), one of them may hold the pipes open for ever.
      last = setTimeout(() => child.stdio.forEach((stream) => stream?.destroy()), 2_000);
    });
    child.on('close', (code, signal) => {
      clearTimeout(last);
      void cleaned.then(() => resolve({ code: code ?? 128 + signalNumber(signal) }));
    });
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}

async function notStarted(place: CommandPlace, text: string, options: CommandOptions): Promise<CommandResult> {
  if (text !== '') options.onOutput?.(text);
  return {
    exitCode: -1, output: text, omitted: 0, timedOut: false, aborted: options.signal?.aborted === true, outOfMemory: false,
    durationMs: 0, cpuMs: 0, peakMemoryBytes: 0, sandbox: sandboxName(place.containment),
  };
}

async function folderInside(root: string, folder: string): Promise<string> {
  const path = await resolveInside(root, folder);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory() === true) return realpath(path);
  throw new WorkspaceError('FW_WORKSPACE_NOT_FOUND', { message: `"${folder}" is not a folder of the workspace.` });
}

async function folderOutside(place: CommandPlace, path: string): Promise<string> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw new WorkspaceError('FW_WORKSPACE_NOT_FOUND', { message: `"${path}", which the command was to be given, does not exist.`, cause });
  });
  if (real === '/' || `${place.layout.storage}/`.startsWith(`${real}/`)) {
    throw new WorkspaceError('FW_WORKSPACE_DENIED', { message: `"${path}" cannot be given to a command: the workspace's own storage lies in it.` });
  }
  return real;
}

async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const there = await Promise.all(paths.map(exists));
  return paths.filter((_, index) => there[index]);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}
