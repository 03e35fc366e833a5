import { execFile } from 'node:child_process';
import { chmod, chown, stat } from 'node:fs/promises';
import { WorkspaceError } from './workspace-error.ts';

/** User and group that sandboxed commands run as when we are root. */
export const nobody = 65_534;

/** Gives every file in `folder` that belongs to root to nobody; links are not followed. */
export function giveToNobody(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('chown', ['-hR', '--from=0', `${nobody}:${nobody}`, folder], (error) => {
      if (error === null) resolve();
      else
        reject(
          new WorkspaceError('FW_WORKSPACE_SANDBOX', {
            message: `"${folder}" could not be given to the user of the sandbox: ${error.message}`,
            cause: error,
          }),
        );
    });
  });
}

/** A folder that a command may write to, if not everyone may, becomes nobody's; what lies in it stays as it is. */
export async function openToNobody(folder: string): Promise<void> {
  const stats = await stat(folder);
  if (stats.uid !== nobody && (stats.mode & 0o002) === 0) await chown(folder, nobody, nobody);
}

/** A folder that a command may read, if not everyone may, can be read by nobody's group. */
export async function showToNobody(folder: string): Promise<void> {
  const stats = await stat(folder);
  if (stats.uid === nobody || (stats.mode & 0o005) === 0o005) return;
  await chown(folder, stats.uid, nobody);
  await chmod(folder, (stats.mode & 0o7777) | 0o050);
}
