import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { findMarked, findWorkingIn, findWritingTo, isRunning, readTree, startOf } from './process-tree.ts';

/** Kills a process, its group and all its descendants that can be found. */
export function killTree(root: number): void {
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(root), '/T', '/F'], { windowsHide: true });
    return;
  }
  const descendants = readTree(root).processes;
  kill(-root);
  for (const pid of descendants) kill(pid);
}

/** How what is left of a command can be told from everything else on the machine. */
export interface Leftovers {
  /** Stands in the environment of what the command started. */
  readonly marker: string;
  /** Where it began to work. */
  readonly folder: string;
  /** Where its output goes. */
  readonly pipe: string | undefined;
  /** When the command had started; what is older is not its. */
  readonly since: number | undefined;
  /** Start of each process that was once seen in its tree. */
  readonly seen: ReadonlyMap<number, number>;
}

/** Kills what left the group and the tree, by its mark, its output, the folder it works in, or because it was seen before. */
export async function killLeft({ marker, folder, pipe, since, seen }: Leftovers): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    const known = [...seen].flatMap(([pid, start]) => (startOf(pid) === start && isRunning(pid) ? [pid] : []));
    const left = [...findMarked(marker), ...(since === undefined ? [] : findWorkingIn(folder, since)), ...(pipe === undefined ? [] : findWritingTo(pipe)), ...known];
    if (left.length === 0) return;
    for (const pid of left) killTree(pid);
    await delay(5);
  }
}

/** Waits until a killed process is gone; a sandbox's first process is gone only after all others in it. */
export async function waitForEnd(pid: number): Promise<void> {
  for (let round = 0; round < 1_000 && isRunning(pid); round += 1) await delay(2);
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
