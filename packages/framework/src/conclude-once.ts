import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { takeLock } from './take-lock.ts';

const LOOK_MS = 50;
/** Nobody writes a patch and a report for longer: whoever is still at it has stopped. */
const LONGEST_MS = 60_000;

/**
 * Several processes may see the end of a run: the one that worked on it and those that follow. One of them writes what
 * is made of it, since the files of a run are one process's at a time; the others wait and take what it wrote.
 * @param written What was written of just this end.
 */
export async function concludeOnce<T>(folder: string, written: () => Promise<T | undefined>, write: () => Promise<T>): Promise<T> {
  const lock = path.join(folder, 'concluding');
  const until = performance.now() + LONGEST_MS;
  for (;;) {
    const there = await written();
    if (there !== undefined) return there;
    if (await takeLock(lock, performance.now() > until)) break;
    await delay(LOOK_MS);
  }
  try {
    return (await written()) ?? await write();
  } finally {
    await rm(lock, { force: true });
  }
}
