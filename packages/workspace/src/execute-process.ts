import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import type { CommandOptions, CommandResult } from '@fw/agents-core';
import { killLeft, killTree, waitForEnd } from './kill-tree.ts';
import { type CommandLimits, parseTimes, parseWritten, startMark } from './limited-command.ts';
import { createOutputWindow } from './output-window.ts';
import { outputOf, readChildren, startOf } from './process-tree.ts';
import { watchTree } from './watch-tree.ts';

export interface Execution {
  readonly file: string;
  readonly args: readonly string[];
  /** Of the sandbox, which reads them from a descriptor. */
  readonly options: readonly string[] | undefined;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string };
  readonly marker: string | undefined;
}

/** Where the process finds `options`, each with a zero byte after it. */
export const optionsDescriptor = 4;

/** Runs one process, kept within limits of time and memory, and everything it starts. All of it is gone afterwards. */
export async function executeProcess(
  execution: Execution,
  limits: CommandLimits,
  options: CommandOptions,
): Promise<Omit<CommandResult, 'sandbox'>> {
  const began = performance.now();
  const window = createOutputWindow(options.maxOutput ?? 1_000_000, options.onOutput);
  let child: ChildProcess;
  try {
    child = spawn(execution.file, execution.args, {
      cwd: execution.cwd,
      env: { ...execution.env },
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe', ...(execution.options === undefined ? [] : ['pipe' as const])],
    });
  } catch (error) {
    // Such as arguments that are too long.
    window.push(Buffer.from(`The command could not be started: ${(error as Error).message}\n`));
    return { exitCode: -1, ...window.end(), timedOut: false, aborted: false, outOfMemory: false, durationMs: 0, cpuMs: 0, peakMemoryBytes: 0, peakProcesses: 0, writtenBytes: 0 };
  }
  const since = child.pid === undefined ? undefined : startOf(child.pid);
  const pipe = child.pid === undefined ? undefined : outputOf(child.pid);
  const killed = { timedOut: false, aborted: false, outOfMemory: false };
  const isKilled = (): boolean => killed.timedOut || killed.aborted || killed.outOfMemory;
  let first: number | undefined;
  let thrown: { readonly error: unknown } | undefined;
  let diagnosis = '';
  let report = '';
  const kill = (reason?: keyof typeof killed): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    if (reason !== undefined && !isKilled()) killed[reason] = true;
    killTree(child.pid);
  };
  // The sandbox, its first process and the shell around the command.
  const wrappers = execution.marker === undefined ? 3 : 1;
  const watch = watchTree(child.pid ?? -1, { ...limits, processes: limits.processes + wrappers, wrappers }, (limit) =>
    kill(limit === 'memory' ? 'outOfMemory' : undefined),
  );
  const timer = setTimeout(() => kill('timedOut'), Math.min(options.timeoutMs ?? 120_000, 2 ** 31 - 1));
  const abort = (): void => kill('aborted');
  options.signal?.addEventListener('abort', abort, { once: true });
  // It may have come while the command was being prepared.
  if (options.signal?.aborted === true) abort();
  child.stdout?.on('data', (bytes: Buffer) => {
    try {
      window.push(bytes);
    } catch (error) {
      // A listener of the caller's failed: the command ends, and the caller learns of it.
      thrown ??= { error };
      kill();
    }
  });
  child.stderr?.on('data', (bytes: Buffer) => {
    // In the sandbox only bubblewrap itself and the outer shell write here.
    if (process.platform === 'win32') window.push(bytes);
    else if (diagnosis.length < 4_000) diagnosis += bytes.toString('utf8');
  });
  child.stdio[3]?.on('data', (bytes: Buffer) => {
    if (report.length < 4_000) report += bytes.toString('utf8');
    if (execution.marker === undefined && child.pid !== undefined) first ??= readChildren(child.pid)[0];
  });
  const given = child.stdio[optionsDescriptor] as Writable | null | undefined;
  given?.on('error', () => undefined);
  given?.end(execution.options?.map((option) => `${option}\0`).join(''));
  // A command need not read what it is given.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.stdin);
  const { code, failure } = await ended(child, async () => {
    if (child.pid !== undefined) killTree(child.pid);
    if (execution.marker !== undefined) await killLeft({ marker: execution.marker, folder: execution.cwd, pipe, since }, watch.seen);
  });
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', abort);
  const used = watch.stop();
  if (first !== undefined) await waitForEnd(first);
  const started = failure === undefined && (process.platform === 'win32' || report.startsWith(startMark));
  if (thrown !== undefined) throw thrown.error;
  if (!started && !isKilled()) window.push(Buffer.from(failure?.message ?? diagnosis));
  return {
    exitCode: started || isKilled() ? code : -1,
    ...window.end(),
    ...killed,
    durationMs: Math.round(performance.now() - began),
    cpuMs: Math.round(Math.max(used.cpuMs, parseTimes(report))),
    peakMemoryBytes: used.peakMemoryBytes,
    peakProcesses: Math.max(started ? 1 : 0, used.peakProcesses - wrappers),
    ...(used.peakHandles === 0 ? {} : { peakHandles: used.peakHandles }),
    writtenBytes: Math.max(used.writtenBytes, parseWritten(report)),
  };
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
