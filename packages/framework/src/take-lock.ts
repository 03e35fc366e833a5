import { readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { isGone } from '@fw/workflow';

/** True when the file is ours now; the next try may take one whose process is gone. @param force Takes it from whoever has it. */
export async function takeLock(lock: string, force = false): Promise<boolean> {
  try {
    await writeFile(lock, [os.hostname(), process.pid, ''].join('|'), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (force || isGone(await readFile(lock, 'utf8').catch(() => ''))) await rm(lock, { force: true });
    return false;
  }
}
