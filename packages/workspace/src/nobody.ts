import { execFile } from 'node:child_process';
import { WorkspaceError } from './workspace-error.ts';

/** User and group that sandboxed commands run as when we are root. */
export const nobody = 65_534;

/** Gives every file in `folder` that belongs to root to nobody; links are not followed. */
export function giveToNobody(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('chown', ['-hR', '--from=0', `${nobody}:${nobody}`, folder], (error) => {
      if (error === null) resolve();
      else reject(new WorkspaceError('FW_WORKSPACE_SANDBOX', { message: `"${folder}" could not be given to the user of the sandbox: ${error.message}`, cause: error }));
    });
  });
}
