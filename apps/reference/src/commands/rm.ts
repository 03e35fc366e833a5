import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { removeInvocation } from '../invocation.ts';
import { homeFolder } from '../home-folder.ts';
import { jsonLine } from '../json-line.ts';
import { openStore } from '../open-framework.ts';
import { resolveRun } from '../resolve-run.ts';

/** `fw rm`: removes a run that has ended, with its files. */
export async function rm(context: CliContext, id: string): Promise<number> {
  const framework = await openStore(context);
  try {
    const run = await resolveRun(framework, id);
    await framework.remove(run.id);
    await removeInvocation(homeFolder(context.environment), run.id);
    if (context.output === 'text') context.terminal.print(`${run.id} is removed.\n`);
    else context.terminal.print(jsonLine({ run: run.id }));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
