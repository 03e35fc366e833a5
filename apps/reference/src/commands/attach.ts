import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { openStore } from '../open-framework.ts';
import { resolveRun } from '../resolve-run.ts';
import { createRunView, isEnding } from '../run-view.ts';
import { untilInterrupted } from '../until-interrupted.ts';

/** `fw attach`: follows a run of whichever process; leaving it changes nothing. */
export async function attach(context: CliContext, id: string): Promise<number> {
  const framework = await openStore(context);
  try {
    const known = await resolveRun(framework, id);
    if (known.code === 'FW_RUN_INTERRUPTED') {
      context.terminal.note(`fw: no process works on ${known.id}. Continue it with: fw resume ${known.id}\n`);
      return exitCodes.waiting;
    }
    const view = createRunView(context);
    const run = await framework.watch(known.id);
    const followed = await untilInterrupted(async (signal) => {
      for await (const event of run.events()) {
        if (signal.aborted) break;
        view.show(event);
        if (isEnding(event)) return { exitCode: event.exitCode };
      }
      return { exitCode: exitCodes.success };
    });
    if (typeof followed !== 'number') return followed.exitCode;
    view.end();
    context.terminal.note(`fw: left ${known.id}, which goes on.\n`);
    return followed;
  } finally {
    await framework.close();
  }
}
