import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from './app-error.ts';

/** The absolute path of a folder that can be worked on. @throws AppError `FW_WORKSPACE_…`. */
export async function checkWorkspace(directory: string, workspace: string): Promise<string> {
  const folder = path.resolve(directory, workspace);
  const entry = await stat(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw unreadable(folder, error);
    throw new AppError('FW_WORKSPACE_MISSING', { message: `There is no folder ${folder}.`, cause: error });
  });
  if (!entry.isDirectory()) throw new AppError('FW_WORKSPACE_NOT_A_DIRECTORY', { message: `${folder} is not a folder.` });
  await access(folder, constants.R_OK | constants.X_OK).catch((error: unknown) => { throw unreadable(folder, error); });
  return folder;
}

function unreadable(folder: string, cause: unknown): AppError {
  return new AppError('FW_WORKSPACE_UNREADABLE', { message: `${folder} cannot be read by this user.`, cause });
}
