import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createTrust, hashPluginFolder } from '@fw/framework';
import type { CliContext } from './cli-context.ts';
import { homeFolder } from './home-folder.ts';

/** A folder of plugins, rather than the folder of one. */
export async function isPluginFolder(name: string, directory: string): Promise<boolean> {
  if (!name.startsWith('.') && !path.isAbsolute(name)) return false;
  const folder = path.resolve(directory, name);
  const isFolder = await stat(folder).then((found) => found.isDirectory(), () => false);
  return isFolder && !(await stat(path.join(folder, 'package.json')).then(() => true, () => false));
}

/** Whether it was trusted with just these files. */
export async function verifyFolder(context: CliContext, name: string): Promise<boolean> {
  const folder = path.resolve(context.directory, name);
  return createTrust(homeFolder(context.environment)).has(folder, await hashPluginFolder(folder));
}
