import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './git.ts';

/**
 * Git stores a repository inside the tree as a bare pointer, which would hide its files from snapshots. When its
 * warning says that there is one, the inner `.git` folders are removed and the files become ordinary ones.
 */
export async function dissolveRepositories(root: string, git: Git, warning: string): Promise<boolean> {
  if (!/embedded git repository|does not have a commit checked out|is in submodule/.test(warning)) return false;
  const removed = await removeGitFolders(root);
  const { stdout } = await git(['ls-files', '-s', '-z']);
  const pointers = stdout
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry.startsWith('160000 '));
  if (pointers.length > 0) {
    await git(['update-index', '-z', '--force-remove', '--stdin'], {
      input: pointers.map((entry) => `${entry.slice(entry.indexOf('\t') + 1)}\0`).join(''),
    });
  }
  return removed || pointers.length > 0;
}

async function removeGitFolders(folder: string): Promise<boolean> {
  let removed = false;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.name === '.git') {
      await rm(path, { recursive: true, force: true });
      removed = true;
    } else if (entry.isDirectory() && entry.name !== 'node_modules' && (await removeGitFolders(path))) removed = true;
  }
  return removed;
}
