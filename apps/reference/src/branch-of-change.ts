import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { RunEnding } from '@fw/framework';
import { AppError } from './app-error.ts';
import type { CliContext } from './cli-context.ts';
import { exitCodeOfError } from './exit-code.ts';
import { plainLine } from './plain-text.ts';

const execute = promisify(execFile);

/** Where a branch for a change begins: looked at before anything is paid. */
export interface BranchBase {
  readonly name: string;
  /** Absolute; may lie below the top of its repository. */
  readonly folder: string;
  readonly commit: string;
}

/**
 * Makes sure that a branch can be made for what a run will change in a folder.
 * @throws AppError `FW_USAGE`: no repository or commit, a name that cannot be or is taken, or changes that are not committed, since the branch would not be what was measured.
 */
export async function checkBranch(folder: string, name: string): Promise<BranchBase> {
  const refuse = (why: string, cause?: unknown): AppError => new AppError('FW_USAGE', { message: `--branch "${name}" is not possible: ${why}.`, cause });
  const commit = await git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']).catch((error: unknown) => { throw refuse(`${folder} is in no git repository that has a commit`, error); });
  await git(folder, ['check-ref-format', `refs/heads/${name}`]).catch((error: unknown) => { throw refuse('git takes no such name', error); });
  const base = { name, folder, commit };
  if (await isDelivered(base)) throw refuse('there is a branch of that name');
  if (await git(folder, ['status', '--porcelain', '--untracked-files=normal', '--', '.']) !== '') throw refuse(`${folder} has changes that are not committed. Commit them, or take the patch`);
  return base;
}

/** Whether there is a branch of that name: a run that is resumed after its end has made it already. */
export function isDelivered({ name, folder }: BranchBase): Promise<boolean> {
  return git(folder, ['rev-parse', '--verify', '--quiet', `refs/heads/${name}`]).then(() => true, () => false);
}

/** Puts the change of a run that succeeded on its branch, and says so; a branch that cannot be made is the run's ending. */
export async function deliverOnBranch<E extends RunEnding & { readonly status: string; readonly run: string }>({ terminal }: CliContext, branch: BranchBase, ending: E, goal: string): Promise<E> {
  if (ending.status !== 'success' || ending.patch === null) return ending;
  try {
    await createBranch(branch, ending.patch, `${plainLine(goal, 72)}\n\nVerified by the run ${ending.run} of fw.`);
    terminal.note(`fw: the change is on the branch ${branch.name}.\n`);
    return ending;
  } catch (error) {
    const { code, message } = error as AppError;
    return { ...ending, code, message, exitCode: exitCodeOfError(error) };
  }
}

/**
 * Commits a patch on a new branch. Neither the files nor the index of the user are touched, and no hook runs.
 * @throws AppError `FW_APPLY_REFUSED` when the patch does not fit, or the branch has come in the meantime.
 */
async function createBranch({ name, folder, commit }: BranchBase, patch: string, message: string): Promise<void> {
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'fw-branch-'));
  const index = { GIT_INDEX_FILE: path.join(scratch, 'index') };
  try {
    const [top, prefix] = await Promise.all([git(folder, ['rev-parse', '--show-toplevel']), git(folder, ['rev-parse', '--show-prefix'])]);
    await git(folder, ['read-tree', commit], index);
    await git(top, ['apply', '--cached', '--whitespace=nowarn', ...(prefix === '' ? [] : [`--directory=${prefix}`]), patch], index);
    const tree = await git(folder, ['write-tree'], index);
    const made = await git(folder, [...await identity(folder), 'commit-tree', tree, '-p', commit, '-m', message], index);
    // An empty old value: only if there is none yet.
    await git(folder, ['update-ref', `refs/heads/${name}`, made, '']);
  } catch (error) {
    throw new AppError('FW_APPLY_REFUSED', { message: `The branch "${name}" could not be made in ${folder}; the patch is at ${patch}.`, cause: error });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The user's own, or a stand-in where git knows of none. */
async function identity(folder: string): Promise<readonly string[]> {
  const isKnown = await git(folder, ['var', 'GIT_COMMITTER_IDENT']).then(() => true, () => false);
  return isKnown ? [] : ['-c', 'user.name=fw', '-c', 'user.email=fw@localhost'];
}

async function git(folder: string, args: readonly string[], variables: { readonly [name: string]: string } = {}): Promise<string> {
  const { stdout } = await execute('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'user.useConfigOnly=true', ...args], { cwd: folder, env: { ...process.env, ...variables }, maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}
