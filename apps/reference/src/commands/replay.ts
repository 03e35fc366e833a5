import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { openStore } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';
import { resolveRun } from '../resolve-run.ts';

/** `fw replay`: goes through a run's journal again, offline. Exit 1 at the first difference. */
export async function replay(context: CliContext, id: string): Promise<number> {
  const framework = await openStore(context);
  try {
    const run = await resolveRun(framework, id);
    const replayed = await framework.replay(run.id).catch((error: { readonly code?: string; readonly message?: string }) => {
      if (error.code !== 'FW_WORKFLOW_DIVERGED' && error.code !== 'FW_JOURNAL_BROKEN') throw error;
      return { code: error.code, message: error.message ?? '' };
    });
    if ('code' in replayed) {
      if (context.output === 'text') context.terminal.print(`${run.id} does not replay. ${replayed.code}: ${plainLine(replayed.message)}\n`);
      else context.terminal.print(jsonLine({ run: run.id, same: false, ...replayed }));
      return exitCodes.failed;
    }
    if (context.output === 'text') context.terminal.print(`${run.id}: ${String(replayed.entries)} entries came out again, byte by byte${replayed.complete ? '' : '; it has not ended'}. Head ${replayed.head}\n`);
    else context.terminal.print(jsonLine({ run: run.id, same: true, ...replayed }));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
