import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { AppError } from './app-error.ts';

const run = promisify(execFile);

/** Changes when any file below the folder changes; what git and package managers keep for themselves is left out. */
export async function fingerprintTree(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name === '.git' || entry.name === 'node_modules') continue;
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      hash.update(`${entry.name}/${await fingerprintTree(place)}\n`);
      continue;
    }
    const { size, mtimeMs, mode } = await lstat(place);
    hash.update(`${entry.name} ${String(size)} ${String(mtimeMs)} ${String(mode)}\n`);
  }
  return hash.digest('hex');
}

/** Applies all of a patch or nothing. @throws AppError `FW_APPLY_REFUSED` when the folder is not what the change was measured on. */
export async function applyPatch(patch: string, folder: string, fingerprint: string): Promise<void> {
  if (await fingerprintTree(folder) !== fingerprint) {
    throw new AppError('FW_APPLY_REFUSED', { message: `${folder} has changed since the run began, so the patch was not applied; look at it and apply ${patch} by hand.` });
  }
  // The folder may lie in a repository: paths in the patch are relative to the folder all the same.
  const options = { cwd: folder, env: { ...process.env, GIT_CEILING_DIRECTORIES: path.dirname(folder), GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' } };
  try {
    await run('git', ['apply', '--whitespace=nowarn', patch], options);
  } catch (error) {
    throw new AppError('FW_APPLY_REFUSED', { message: `The patch could not be applied to ${folder}; it is at ${patch}.`, cause: error });
  }
}
