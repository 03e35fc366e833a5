import { chownSync, existsSync, lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { nobody } from './nobody.ts';
import { WorkspaceError } from './workspace-error.ts';

/**
 * Makes sure that the folder of the copy is a folder and ours. A command without a sandbox may have put a link in its
 * place, through which a snapshot would read, and restoring delete, what is not ours.
 */
export function requireCopy(root: string, git: string, asNobody: boolean): void {
  const stats = lstatSync(root, { throwIfNoEntry: false });
  const parent = stats === undefined ? closest(dirname(root)) : dirname(root);
  if (!existsSync(git) || realpathSync(parent) !== parent) {
    throw new WorkspaceError('FW_WORKSPACE_STORAGE', { message: `The storage around "${root}" was removed or replaced while it was used. Create the workspace again.` });
  }
  if (stats?.isDirectory() === true) return;
  if (stats !== undefined) rmSync(root, { force: true });
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (asNobody) chownSync(root, nobody, nobody);
}

function closest(folder: string): string {
  return existsSync(folder) ? folder : closest(dirname(folder));
}
