import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where a command's program is: undefined when there is none that can be executed. */
export async function findProgram(name: string, cwd: string, path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return name;
  if (name.includes('/')) return (await isExecutable(isAbsolute(name) ? name : join(cwd, name))) ? name : undefined;
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name);
    if (isAbsolute(folder) && (await isExecutable(file))) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
