import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Removes a folder with all that is in it; where paths became longer than the system takes, by a program that walks. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    if (process.platform === 'win32') throw error;
    await promisify(execFile)('rm', ['-rf', '--', folder]).catch(() => {
      throw error;
    });
  }
}
