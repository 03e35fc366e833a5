import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { findMarked, isRunning, type ProcessMarks, readTree, startOf } from './process-tree.ts';

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

/** Kills what left the group and the tree, by its marks, or because it was seen in the tree before (id and start). */
export async function killLeft(marks: ProcessMarks, seen: ReadonlyMap<number, number>): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    const known = [...seen].flatMap(([pid, start]) => (startOf(pid) === start && isRunning(pid) ? [pid] : []));
    const left = [...findMarked(marks), ...known];
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
