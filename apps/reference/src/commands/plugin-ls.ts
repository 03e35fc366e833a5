import { discoverPlugins } from '@fw/framework';
import type { PluginSummary } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels, readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

export interface PluginLsOptions {
  readonly available?: boolean;
}

/** `fw plugin ls`: the plugins of the config and what became of them; with `--available` what is installed, of which nothing runs. */
export async function pluginLs(context: CliContext, { available = false }: PluginLsOptions = {}): Promise<number> {
  if (available) return listAvailable(context);
  const { config } = await readConfig(context, { workspace: context.directory, ...(context.config === undefined ? {} : { file: context.config }) });
  const framework = await openWithoutModels(context, config);
  try {
    const plugins = await framework.plugins();
    if (context.output === 'json') context.terminal.print(jsonLine(plugins));
    else if (context.output === 'ndjson') for (const plugin of plugins) context.terminal.print(jsonLine(plugin));
    else if (plugins.length === 0) context.terminal.print('No plugin is configured.\n');
    else {
      context.terminal.print(formatTable([
        ['PLUGIN', 'VERSION', 'STATUS', 'RUNS', 'START', 'CALLS', 'ERRORS', 'COST', 'CONTRIBUTES'],
        ...plugins.map((plugin) => [
          plugin.id, plugin.version, plugin.status, placeOf(plugin), `${String(plugin.startMs)} ms`, String(plugin.calls), String(plugin.failures), `$${String(plugin.costUsd)}`,
          plugin.error ?? plugin.contributes.join(', '),
        ].map((cell) => plainLine(cell, 300))),
      ]));
    }
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}

function placeOf({ isolation, enforced, status }: PluginSummary): string {
  if (status === 'failed' || isolation === 'inline') return isolation;
  return enforced.net ? 'sandboxed' : 'process (net, env not enforced)';
}

async function listAvailable(context: CliContext): Promise<number> {
  const plugins = (await discoverPlugins(context.directory)).map((plugin) => (plugin.status === 'usable'
    ? { name: plugin.name, version: plugin.version, status: plugin.status, id: plugin.manifest.id, isolation: plugin.manifest.isolation, source: plugin.source }
    : { name: plugin.name, version: plugin.version, status: plugin.status, code: plugin.failure.code, message: plugin.failure.message, source: plugin.source }));
  if (context.output === 'json') context.terminal.print(jsonLine(plugins));
  else if (context.output === 'ndjson') for (const plugin of plugins) context.terminal.print(jsonLine(plugin));
  else if (plugins.length === 0) context.terminal.print('No direct dependency is a plugin.\n');
  else context.terminal.print(formatTable([['PACKAGE', 'VERSION', 'STATUS', ''], ...plugins.map((plugin) => [plugin.name, plugin.version, plugin.status, plugin.message ?? `${plugin.id ?? ''}, ${plugin.isolation ?? ''}: fw plugin add ${plugin.name}`].map((cell) => plainLine(cell, 300)))]));
  return exitCodes.success;
}
