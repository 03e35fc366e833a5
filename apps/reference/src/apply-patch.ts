import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { RunEnding } from '@fw/framework';
import { AppError } from './app-error.ts';
import type { CliContext } from './cli-context.ts';
import { exitCodeOfError } from './exit-code.ts';

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

/** Applies the change of a run that succeeded to the folder that it was measured on, and says so; where that is not possible it is the run's ending. */
export async function deliverToFolder<E extends RunEnding & { readonly status: string }>({ terminal }: CliContext, { folder, fingerprint }: { readonly folder: string; readonly fingerprint: string }, ending: E): Promise<E> {
  if (ending.status !== 'success' || ending.patch === null) return ending;
  try {
    // A run that is resumed after its end has applied it already.
    if (await isApplied(ending.patch, folder)) return ending;
    await applyPatch(ending.patch, folder, fingerprint);
    terminal.note(`fw: the patch was applied to ${folder}.\n`);
    return ending;
  } catch (error) {
    const { code, message } = error as AppError;
    return { ...ending, code, message, exitCode: exitCodeOfError(error) };
  }
}

/** Whether the folder is as the patch leaves it: then it can be taken back whole. */
function isApplied(patch: string, folder: string): Promise<boolean> {
  return gitApply(['--reverse', '--check', patch], folder).then(() => true, () => false);
}

/** Applies all of a patch or nothing. @throws AppError `FW_APPLY_REFUSED` when the folder is not what the change was measured on. */
export async function applyPatch(patch: string, folder: string, fingerprint: string): Promise<void> {
  if (await fingerprintTree(folder) !== fingerprint) {
    throw new AppError('FW_APPLY_REFUSED', { message: `${folder} has changed since the run began, so the patch was not applied; look at it and apply ${patch} by hand.` });
  }
  try {
    await gitApply(['--whitespace=nowarn', patch], folder);
  } catch (error) {
    throw new AppError('FW_APPLY_REFUSED', { message: `The patch could not be applied to ${folder}; it is at ${patch}.`, cause: error });
  }
}

/** The folder may lie in a repository: paths in the patch are relative to the folder all the same. */
async function gitApply(args: readonly string[], folder: string): Promise<void> {
  await run('git', ['apply', ...args], { cwd: folder, env: { ...process.env, GIT_CEILING_DIRECTORIES: path.dirname(folder), GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' } });
}
