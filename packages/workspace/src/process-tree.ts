import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process and all its descendants use at one moment. */
export interface TreeUse {
  readonly processes: readonly number[];
  /** Open files, sockets and pipes of each, in the same order; 0 where that cannot be read. */
  readonly handles: readonly number[];
  readonly memoryBytes: number;
  readonly cpuMs: number;
  readonly writtenBytes: number;
}

/** Reads /proc; where there is none, or the process has ended, nothing is found. Memory is the sum of resident sets. */
export function readTree(root: number): TreeUse {
  const processes: number[] = [];
  const handles: number[] = [];
  let memoryBytes = 0;
  let cpuMs = 0;
  let writtenBytes = 0;
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    const use = readProcess(pid);
    if (use === undefined) continue;
    processes.push(pid);
    handles.push(use.handles);
    memoryBytes += use.memoryBytes;
    cpuMs += use.cpuMs;
    writtenBytes += use.writtenBytes;
    open.push(...readChildren(pid));
  }
  return { processes, handles, memoryBytes, cpuMs, writtenBytes };
}

/** Processes started by any thread of this one. */
export function readChildren(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
        .split(' ')
        .filter((text) => text !== '')
        .map(Number),
    );
  } catch {
    return [];
  }
}

/** Whether there is a process of this id at all. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** False for a process that is gone or only waits to be collected. */
export function isRunning(pid: number): boolean {
  const fields = statFields(pid);
  return fields !== undefined && fields[0] !== 'Z' && fields[0] !== 'X';
}

/** By what a process can be known to belong to a command: any of these is enough. */
export interface ProcessMarks {
  /** Stands in its environment. */
  readonly marker: string;
  /** It works in this folder or below it. */
  readonly folder?: string;
  /** Its output or errors go to this pipe. */
  readonly pipe?: string | undefined;
  /** Older ones are not looked at, in ticks as `startOf` gives. */
  readonly since?: number | undefined;
}

/** Processes of ours that carry one of these marks, wherever they have gone since. */
export function findMarked({ marker, folder, pipe, since = 0 }: ProcessMarks): readonly number[] {
  return others().filter((pid) => {
    // The cheapest question first: nearly all are older.
    if (since > 0 && (startOf(pid) ?? 0) < since) return false;
    const works = folder === undefined ? undefined : readLink(`/proc/${pid}/cwd`);
    const isMarked =
      readEnvironment(pid).includes(marker) ||
      (works !== undefined && folder !== undefined && (works === folder || works.startsWith(`${folder}/`))) ||
      (pipe !== undefined && [1, 2].some((number) => readLink(`/proc/${pid}/fd/${number}`) === pipe));
    return isMarked && isRunning(pid);
  });
}

/** Where the output of a process goes. */
export function outputOf(pid: number): string | undefined {
  return readLink(`/proc/${pid}/fd/1`);
}

/** When a process started, in ticks since the machine did: with the id it tells one process from all others. */
export function startOf(pid: number): number | undefined {
  const start = statFields(pid)?.[19];
  return start === undefined ? undefined : Number(start);
}

function others(): readonly number[] {
  let entries: readonly string[] = [];
  try {
    entries = readdirSync('/proc');
  } catch {
    // No /proc on this system.
  }
  return entries.map(Number).filter((pid) => pid > 1 && pid !== process.pid);
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** `NAME=value` parts, each followed by a zero byte; empty for a process of somebody else. */
export function readEnvironment(pid: number): string {
  return readText(`/proc/${pid}/environ`) ?? '';
}

function readProcess(pid: number): (Omit<TreeUse, 'processes' | 'handles'> & { readonly handles: number }) | undefined {
  const fields = statFields(pid);
  const status = readText(`/proc/${pid}/status`);
  if (fields === undefined || status === undefined) return undefined;
  // utime, stime and those of collected children, in ticks of 10 ms on every Linux that Node runs on.
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
  return {
    memoryBytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024,
    cpuMs: ticks * 10,
    handles: countHandles(pid),
    writtenBytes: Number(/^write_bytes: (\d+)/m.exec(readText(`/proc/${pid}/io`) ?? '')?.[1] ?? 0),
  };
}

function countHandles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Fields of /proc/pid/stat after the name, which may itself hold spaces and brackets. */
function statFields(pid: number): readonly string[] | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
