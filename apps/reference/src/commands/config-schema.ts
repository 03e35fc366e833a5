import { configJsonSchema } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';

/** `fw config schema`: the JSON Schema of a config file, for editors. Reads no config. */
export function configSchema({ terminal, output }: CliContext): number {
  const schema = configJsonSchema();
  terminal.print(output === 'text' ? `${JSON.stringify(schema, null, 2)}\n` : jsonLine(schema));
  return exitCodes.success;
}
