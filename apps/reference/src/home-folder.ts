import { mkdir, realpath } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AppError } from './app-error.ts';
import type { Environment } from './cli-context.ts';

/** `FW_HOME`, or the platform's place for the state of programs. Absolute; not made yet. */
export function homeFolder(environment: Environment, platform: NodeJS.Platform = process.platform): string {
  const named = environment['FW_HOME'] ?? '';
  if (named !== '') return path.resolve(named);
  if (platform === 'darwin') return path.join(os.homedir(), 'Library', 'Application Support', 'fw');
  if (platform === 'win32') return path.join(environment['LOCALAPPDATA'] ?? path.join(os.homedir(), 'AppData', 'Local'), 'fw');
  const state = environment['XDG_STATE_HOME'] ?? '';
  return path.join(path.isAbsolute(state) ? state : path.join(os.homedir(), '.local', 'state'), 'fw');
}

/**
 * Makes it, for this user alone.
 * @throws AppError `FW_HOME_UNUSABLE`, also when it lies inside the workspace, where nothing of ours may be.
 */
export async function makeHome(home: string, workspace?: string): Promise<void> {
  if (workspace !== undefined && isInside(await nearestReal(home), await nearestReal(workspace))) {
    throw new AppError('FW_HOME_UNUSABLE', { message: `FW_HOME ${home} lies inside the workspace ${workspace}; set it to a folder elsewhere.` });
  }
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new AppError('FW_HOME_UNUSABLE', { message: `The folder ${home} cannot be made (${(error as Error).message}); set FW_HOME to one that can.`, cause: error });
  }
}

/** The real path, as far as the path exists. */
async function nearestReal(place: string): Promise<string> {
  try {
    return await realpath(place);
  } catch {
    const parent = path.dirname(place);
    return parent === place ? place : path.join(await nearestReal(parent), path.basename(place));
  }
}

function isInside(place: string, folder: string): boolean {
  const relative = path.relative(folder, place);
  return relative === '' || (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative));
}
