import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { openPluginPlace } from '../plugin-place.ts';

/** `fw plugin enable` and `disable`: whether a plugin that was added takes part here. It stays granted and listed. */
export async function pluginSwitch(context: CliContext, id: string, enabled: boolean): Promise<number> {
  const { grants } = openPluginPlace(context);
  const grant = await grants.find(id);
  if (grant === undefined) {
    const known = (await grants.list()).map((one) => one.id);
    throw new AppError('FW_USAGE', { message: `No plugin "${id}" was added in this workspace${known.length === 0 ? '' : `; there are ${known.join(', ')}`}. Add it with: fw plugin add <package>` });
  }
  if (grant.enabled !== enabled) await grants.set({ ...grant, enabled });
  if (context.output === 'text') context.terminal.print(`${id} is ${enabled ? 'enabled' : 'disabled'} in this workspace.\n`);
  else context.terminal.print(jsonLine({ id, enabled, changed: grant.enabled !== enabled }));
  return exitCodes.success;
}
