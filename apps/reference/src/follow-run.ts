import type { Framework, Run, RunEvent } from '@fw/framework';
import type { CliContext } from './cli-context.ts';
import { exitCodes } from './exit-code.ts';
import type { Interruption } from './interruption.ts';
import { createRunView, isEnding } from './run-view.ts';

type Ending = Extract<RunEvent, { type: 'run.finished' | 'run.paused' }>;

export interface FollowOptions {
  /** Settles when the command has to stop. */
  readonly interruption: Interruption;
  /** Opens the framework and begins or continues the run; called once. */
  begin(): Promise<{ readonly framework: Framework; readonly run: Run }>;
  /** Last work on a run that ended; what it gives is shown as the ending. */
  finish?(ending: Ending): Promise<Ending>;
}

const stopWithinMs = 15_000;

/** Shows a run until it ends, pauses or is interrupted, and gives the exit code. Nothing of it is left open. */
export async function followRun(context: CliContext, { interruption, begin, finish }: FollowOptions): Promise<number> {
  const view = createRunView(context);
  const begun = begin();
  const work = begun.then(async ({ run }) => {
    for await (const event of run.events()) {
      if (!isEnding(event)) {
        view.show(event);
        continue;
      }
      const ending = finish === undefined ? event : await finish(event);
      view.show(ending);
      if (ending.type === 'run.paused') adviseOnPaused(context, ending);
      return ending.exitCode;
    }
    // The stream ends without an ending only when this process was told to stop.
    return exitCodes.internal;
  });
  try {
    const outcome = await Promise.race([work, interruption.happened.then((exitCode) => ({ exitCode }))]);
    if (typeof outcome === 'number') return outcome;
    view.end();
    await stop(context, begun);
    return outcome.exitCode;
  } finally {
    work.catch(() => undefined);
    interruption.stopListening();
    await begun.then(({ framework }) => framework.close(), () => undefined);
  }
}

async function stop(context: CliContext, begun: ReturnType<FollowOptions['begin']>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const stopped = begun.then(async ({ framework, run }) => {
    await framework.close();
    return run.id;
  }, () => undefined);
  const late = new Promise<undefined>((resolve) => { timer = setTimeout(() => { resolve(undefined); }, stopWithinMs); });
  const id = await Promise.race([stopped, late]);
  clearTimeout(timer);
  context.terminal.note(id === undefined ? 'fw: stopped before the run began.\n' : `fw: stopped; everything finished is kept. Continue with: fw resume ${id}\n`);
}

function adviseOnPaused({ terminal }: CliContext, { run, code }: Ending): void {
  const approval = code?.includes('APPROVAL') === true ? `fw approve ${run} (or fw reject), then ` : '';
  terminal.note(`fw: paused. Continue with: ${approval}fw resume ${run}\n`);
}
