import { readTree, startOf } from './process-tree.ts';

export interface TreeWatch {
  /** When each process of the tree that was seen had started. */
  readonly seen: ReadonlyMap<number, number>;
  /** Ends the watch and says what was seen. */
  stop(): { readonly peakMemoryBytes: number; readonly peakProcesses: number; readonly peakHandles: number; readonly cpuMs: number; readonly writtenBytes: number };
}

/**
 * Looks at a process tree every 100 ms (the first second every 25 ms) and reports the first limit it exceeds. A limit
 * per process, as the kernel offers it, is no limit for a tree.
 */
export function watchTree(
  root: number,
  limits: { readonly memoryBytes: number; readonly processes: number; /** Processes around the command, which are not its own. */ readonly wrappers: number },
  exceeded: (limit: 'memory' | 'processes') => void,
): TreeWatch {
  let peakMemoryBytes = 0;
  let peakProcesses = 0;
  let peakHandles = 0;
  let cpuMs = 0;
  let writtenBytes = 0;
  let looks = 0;
  const seen = new Map<number, number>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const use = readTree(root);
    looks += 1;
    for (const pid of use.processes) if (!seen.has(pid)) seen.set(pid, startOf(pid) ?? 0);
    peakMemoryBytes = Math.max(peakMemoryBytes, use.memoryBytes);
    peakProcesses = Math.max(peakProcesses, use.processes.length);
    peakHandles = Math.max(peakHandles, use.handles.slice(limits.wrappers).reduce((sum, count) => sum + count, 0));
    cpuMs = Math.max(cpuMs, use.cpuMs);
    writtenBytes = Math.max(writtenBytes, use.writtenBytes);
    if (use.memoryBytes > limits.memoryBytes) exceeded('memory');
    else if (use.processes.length > limits.processes) exceeded('processes');
    timer = setTimeout(look, looks < 40 ? 25 : 100);
  };
  if (process.platform === 'linux') timer = setTimeout(look, 15);
  return {
    seen,
    stop() {
      clearTimeout(timer);
      return { peakMemoryBytes, peakProcesses, peakHandles, cpuMs, writtenBytes };
    },
  };
}
