import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { openStore } from '../open-framework.ts';
import { resolveRun } from '../resolve-run.ts';

export interface StopOptions {
  readonly message?: string;
}

/** `fw stop`: cancels a run of whichever process, and waits until it has ended. */
export async function stop(context: CliContext, id: string, { message }: StopOptions): Promise<number> {
  const framework = await openStore(context);
  try {
    const run = await resolveRun(framework, id);
    const { status } = await framework.stop(run.id, message ?? 'Stopped by its user.');
    if (context.output === 'text') context.terminal.print(status === 'cancelled' ? `${run.id} is cancelled.\n` : `${run.id} had ended before: ${status}.\n`);
    else context.terminal.print(jsonLine({ run: run.id, status }));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
