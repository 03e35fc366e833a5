import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { scaffoldPlugin } from '@fw/framework';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';

/** `fw plugin new`: a plugin with a tool, a test, a README and a CI file, in a new folder. */
export async function pluginNew(context: CliContext, id: string): Promise<number> {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(id)) throw new AppError('FW_USAGE', { message: `"${id}" cannot be the id of a plugin: small letters, digits and "-", at most 64, a letter first.` });
  const folder = path.join(context.directory, `fw-plugin-${id}`);
  if ((await readdir(folder).catch(() => [])).length > 0) throw new AppError('FW_USAGE', { message: `${folder} is there already and not empty. Choose another id, or remove it first.` });
  const files = scaffoldPlugin({ id });
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
  if (context.output !== 'text') context.terminal.print(jsonLine({ id, folder, files: Object.keys(files) }));
  else context.terminal.print(`${folder} is made. Next: cd ${path.basename(folder)} && npm install && npm test\n`);
  return exitCodes.success;
}
