import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

/** `fw config check`: reads all layers as `fw run` would; an error ends it like every error of a config. */
export async function configCheck(context: CliContext): Promise<number> {
  const { origins } = await readConfig(context, { workspace: context.directory, ...(context.config === undefined ? {} : { file: context.config }) });
  if (context.output === 'text') {
    const keys = Object.entries(origins).map(([key, source]) => [`  ${plainLine(key, 200)}`, plainLine(source)]);
    context.terminal.print(`The config is valid.\n${formatTable(keys)}`);
  } else context.terminal.print(jsonLine({ valid: true, origins }));
  return exitCodes.success;
}
