import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels, readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

/** `fw plugin ls`: the plugins of the config and what became of them. */
export async function pluginLs(context: CliContext): Promise<number> {
  const { config } = await readConfig(context, { workspace: context.directory, ...(context.config === undefined ? {} : { file: context.config }) });
  const framework = await openWithoutModels(context, config);
  try {
    const plugins = await framework.plugins();
    if (context.output === 'json') context.terminal.print(jsonLine(plugins));
    else if (context.output === 'ndjson') for (const plugin of plugins) context.terminal.print(jsonLine(plugin));
    else if (plugins.length === 0) context.terminal.print('No plugin is configured.\n');
    else {
      context.terminal.print(formatTable([
        ['PLUGIN', 'VERSION', 'STATUS', 'CONTRIBUTES'],
        ...plugins.map((plugin) => [plugin.id, plugin.version, plugin.status, plugin.error ?? plugin.contributes.join(', ')].map((cell) => plainLine(cell, 300))),
      ]));
    }
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
