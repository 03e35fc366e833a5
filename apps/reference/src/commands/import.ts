import path from 'node:path';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels } from '../open-framework.ts';
import { readJsonFile } from '../read-json-file.ts';

/** `fw import`: takes in a run that `fw export` wrote. Nothing of it runs. */
export async function importRun(context: CliContext, file: string): Promise<number> {
  const archive = await readJsonFile('run', path.resolve(context.directory, file));
  const framework = await openWithoutModels(context);
  try {
    const run = await framework.import(archive, { trust: context.trust });
    if (context.output === 'text') context.terminal.print(`${run} is here. See it with: fw show ${run}\n`);
    else context.terminal.print(jsonLine({ run }));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
