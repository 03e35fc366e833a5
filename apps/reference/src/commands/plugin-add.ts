import { inspectPlugin, PluginError } from '@fw/framework';
import type { PluginGrant } from '@fw/framework';
import { askYesNo } from '../ask.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { homeFolder, makeHome } from '../home-folder.ts';
import { jsonLine } from '../json-line.ts';
import { listPlugin } from '../listed-plugins.ts';
import { plainLine } from '../plain-text.ts';
import { openPluginPlace } from '../plugin-place.ts';

export interface PluginAddOptions {
  readonly yes?: boolean;
  readonly trusted?: boolean;
}

/** `fw plugin add`: grants what a plugin asks for, pins its files and lists it in the config. None of its code runs. */
export async function pluginAdd(context: CliContext, name: string, { yes = false, trusted = false }: PluginAddOptions): Promise<number> {
  const { terminal } = context;
  const plugin = await inspectPlugin(name, context.directory);
  const { id, version, integrity, manifest } = plugin;
  const { isolation, permissions = {} } = manifest;
  const { grants, lockFile, pins, pin } = openPluginPlace(context);
  const before = await grants.find(id);
  const asks = grants.compare(before, { isolation, permissions });
  // A lock that cannot be used is said before anything is granted.
  await pins();
  if (asks.length > 0) {
    const what = `${id} ${version} ${before === undefined ? 'asks for' : 'asks for more than you granted'}: ${asks.join('; ')}`;
    if (!yes && context.output === 'text') terminal.note(`${plainLine(what, 2_000)}.\n`);
    if (!yes && !(await askYesNo('Grant it in this workspace?'))) {
      throw new PluginError('FW_PLUGIN_GRANT', { message: `Plugin ${what}. Nothing was granted. To grant it: fw plugin add ${name} --yes`, plugin, stage: 'validate' });
    }
  }
  await makeHome(homeFolder(context.environment));
  const grant: PluginGrant = { id, isolation, permissions, trusted: trusted || before?.trusted === true, enabled: true };
  await grants.set(grant);
  await pin(id, { version, integrity });
  const config = await listPlugin(context, name);
  if (context.output !== 'text') {
    terminal.print(jsonLine({ id, version, integrity, isolation, permissions, granted: asks, trusted: grant.trusted, lock: lockFile, config }));
    return exitCodes.success;
  }
  terminal.print(`${plainLine(id)} ${plainLine(version)} is granted${asks.length === 0 ? ' what it asks for, which is nothing new' : ''}, and pinned in ${lockFile}.\n`);
  if (config.status === 'by-hand') terminal.print(`List it by hand: plugins: [${JSON.stringify(name)}] in ${config.file}\n`);
  else terminal.print(`It is listed in ${config.file}.\n`);
  if (!config.isTrusted) terminal.print('That config was not trusted yet. Read it, then: fw trust\n');
  return exitCodes.success;
}
