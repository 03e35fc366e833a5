import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './process-tree.ts';
import { WorkspaceError } from './workspace-error.ts';

/** Keeps two processes from writing to one storage: the one that began last has it, the other one is told. */
export interface StorageOwner {
  /** Throws FW_WORKSPACE_STORAGE when another process has begun to write since we did. */
  requireOurs(): void;
  /** Whether another process that lives has begun to write. */
  isOthers(): boolean;
}

// A process id may come again; this does not.
const us = `${process.pid} ${randomUUID()}`;

export function createStorageOwner(storage: string): StorageOwner {
  const file = join(storage, 'writer');
  let claimed = false;
  return {
    isOthers() {
      const owner = readText(file);
      return owner !== undefined && owner !== us && isAlive(Number.parseInt(owner, 10));
    },
    requireOurs() {
      const owner = readText(file);
      if (owner === us) {
        claimed = true;
        return;
      }
      if (claimed) {
        throw new WorkspaceError('FW_WORKSPACE_STORAGE', {
          message: `Process ${owner?.split(' ')[0] ?? '?'} works in the storage "${storage}" now. Only one process writes to a storage at a time; this one has to stop.`,
        });
      }
      writeFileSync(`${file}.${process.pid}`, us);
      renameSync(`${file}.${process.pid}`, file);
      claimed = true;
    },
  };
}

const building = new Set<string>();
const waitMs = 25;

/** Runs `build` while nobody else builds in this storage; waits for one who does. */
export async function whileBuilding<T>(storage: string, build: () => Promise<T>): Promise<T> {
  const file = join(storage, 'building');
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const pid = Number(await readFile(file, 'utf8').catch(() => ''));
      const isAtIt = pid === process.pid ? building.has(file) : pid > 0 && isAlive(pid);
      // An empty file is one that is being written at this moment, or was left so; it is younger at most by one wait.
      if (!isAtIt && pid === 0) await delay(waitMs);
      if (!isAtIt && (pid > 0 || (await readFile(file, 'utf8').catch(() => 'gone')) === '')) await rm(file, { force: true });
      else await delay(waitMs);
    }
  }
  building.add(file);
  try {
    return await build();
  } finally {
    building.delete(file);
    await rm(file, { force: true });
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
