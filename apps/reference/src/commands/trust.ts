import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createTrust, findProjectConfig, hashPluginFolder } from '@fw/framework';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatCount } from '../format.ts';
import { homeFolder, makeHome } from '../home-folder.ts';
import { jsonLine } from '../json-line.ts';
import { isPluginFolder } from '../plugin-folder.ts';

export interface TrustOptions {
  readonly revoke?: boolean;
  readonly list?: boolean;
}

/** `fw trust`: this project's config, a config file or a folder of plugins may be used as it is now. Kept in the user's home. */
export async function trustPlace(context: CliContext, place: string | undefined, { revoke = false, list = false }: TrustOptions): Promise<number> {
  const { terminal } = context;
  const home = homeFolder(context.environment);
  const trust = createTrust(home);
  if (list) {
    const places = await trust.list();
    if (context.output !== 'text') terminal.print(jsonLine({ trusted: places }));
    else terminal.print(places.length === 0 ? 'Nothing is trusted.\n' : `${places.join('\n')}\n`);
    return exitCodes.success;
  }
  const { file, kind, content } = await find(context, place);
  if (revoke) {
    const taken = await trust.revoke(file);
    if (context.output !== 'text') terminal.print(jsonLine({ revoked: file, kind, count: taken }));
    else terminal.print(taken === 0 ? `${file} was not trusted.\n` : `${file} is not trusted any more (${formatCount(taken, 'version')}).\n`);
    return exitCodes.success;
  }
  await makeHome(home);
  await trust.grant(file, await content());
  if (context.output !== 'text') terminal.print(jsonLine({ trusted: file, kind }));
  else terminal.print(`${file} is trusted as it is now. When it changes you are asked again.\n`);
  return exitCodes.success;
}

async function find(context: CliContext, place: string | undefined): Promise<{ readonly file: string; readonly kind: 'config' | 'plugins'; content(): Promise<string> }> {
  const file = path.resolve(context.directory, place ?? '.');
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() === true) return { file, kind: 'config', content: async () => (await readFile(file, 'utf8')).replace(/^\uFEFF/, '') };
  if (found === undefined) throw new AppError('FW_USAGE', { message: `There is no ${file} to trust.` });
  const config = await findProjectConfig(file);
  if (config !== undefined) return { file: config.file, kind: 'config', content: async () => config.content };
  if (place !== undefined && (await isPluginFolder(file, '/'))) return { file, kind: 'plugins', content: () => hashPluginFolder(file) };
  throw new AppError('FW_USAGE', { message: `${file} has no config to trust${place === undefined ? '' : ', and is no folder of plugins: add a plugin with fw plugin add'}.` });
}
