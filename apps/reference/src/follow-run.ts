import type { Framework, Run, RunEvent } from '@fw/framework';
import type { CliContext } from './cli-context.ts';
import { exitCodes } from './exit-code.ts';
import { howToAnswer } from './how-to-answer.ts';
import type { Interruption } from './interruption.ts';
import { person } from './person.ts';
import { openRunKeys } from './run-keys.ts';
import type { RunKeys } from './run-keys.ts';
import { createRunView, isEnding } from './run-view.ts';
import type { RunView } from './run-view.ts';
import { within } from './within.ts';

type Ending = Extract<RunEvent, { type: 'run.finished' | 'run.paused' }>;

interface Followed {
  readonly ending: Ending;
  readonly gate: string | undefined;
}

export interface FollowOptions {
  /** Says when the command has to stop. */
  readonly interruption: Interruption;
  open(): Promise<Framework>;
  /** Begins or continues the run. */
  start(framework: Framework): Promise<Run>;
  /** Last work on a run that ended; what it gives is shown as the ending. */
  finish?(ending: Ending): Promise<Ending>;
}

const stopWithinMs = 15_000;

/** Shows a run until it ends, pauses or is interrupted, and gives the exit code. Nothing of it is left open. */
export async function followRun(context: CliContext, options: FollowOptions): Promise<number> {
  const { interruption } = options;
  const view = createRunView(context);
  const opened = options.open();
  const started = opened.then((framework) => options.start(framework));
  let keys: RunKeys | undefined;
  const work = Promise.all([opened, started]).then(([framework, run]) => {
    keys = openRunKeys(context, { framework, run, view, interruption });
    if (context.terminal.isLive) void showLimit(framework, run, view);
    return followAnswered(framework, run, view, options, keys);
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= opened.then((framework) => framework.close(), () => undefined));
  try {
    const outcome = await Promise.race([work, interruption.happened.then((interruptedBy) => ({ interruptedBy }))]);
    if ('interruptedBy' in outcome) {
      work.catch(() => undefined);
      view.end();
      context.terminal.note(await stop(close(), started));
      return outcome.interruptedBy;
    }
    view.end();
    if (outcome.ending.type === 'run.paused') context.terminal.note(adviseOnPaused(outcome));
    return outcome.ending.exitCode;
  } finally {
    keys?.close();
    interruption.stopListening();
    await within(stopWithinMs, close());
  }
}

/** The narrowest limit that the run's models have; what cannot be read is not shown. */
async function showLimit(framework: Framework, run: Run, view: RunView): Promise<void> {
  const { limits } = await framework.inspect(run.id).catch(() => ({ limits: [] }));
  const ofMinute = limits.flatMap(({ window, unit, limit }) => (window === 'minute' && unit === 'tokens' ? [limit] : []));
  if (ofMinute.length > 0) view.limitTokensPerMinute(Math.min(...ofMinute));
}

/** Follows a run also beyond decisions that a person takes at this terminal. */
async function followAnswered(framework: Framework, first: Run, view: RunView, options: FollowOptions, keys: RunKeys | undefined): Promise<Followed> {
  let run = first;
  for (let seen = 0; ;) {
    const followed = await follow(run, view, options, seen);
    const { ending, gate } = followed;
    if (keys === undefined || ending.exitCode !== exitCodes.waiting || gate === undefined || gate === 'question') return followed;
    const decision = await keys.decide();
    if (decision === undefined) return followed;
    await framework.answer(run.id, { gate, decision, by: person() });
    // All before the pause is told again when it goes on.
    seen = ending.seq - 1;
    run = await framework.resume(run.id);
  }
}

/** `gate`: what a person was asked last. `seen`: how many of its events were shown before. */
async function follow(run: Run, view: RunView, { finish }: FollowOptions, seen: number): Promise<Followed> {
  let gate: string | undefined;
  for await (const event of run.events()) {
    if (!isEnding(event)) {
      if (event.type === 'approval.requested') gate = event.gate;
      if (event.seq > seen) view.show(event);
      continue;
    }
    const ending = finish === undefined ? event : await finish(event);
    view.show(ending);
    return { ending, gate };
  }
  // Reached when this process was told to stop, and then nobody waits for it; else its result says why.
  await run.result();
  throw new Error(`The events of ${run.id} broke off.`);
}

/** Stops at a safe place and says how to go on. */
async function stop(closed: Promise<void>, started: Promise<Run>): Promise<string> {
  const run = await within(stopWithinMs, closed.then(() => started).catch(() => undefined));
  if (run?.goesOn === true) return `fw: left; its workers go on with it. Follow it with: fw resume ${run.id}\n`;
  return run === undefined ? 'fw: stopped before the run began.\n' : `fw: stopped; everything finished is kept. Continue with: fw resume ${run.id}\n`;
}

function adviseOnPaused({ ending: { run, exitCode }, gate }: Followed): string {
  const approval = exitCode === exitCodes.waiting ? `${howToAnswer(run, gate)}, then ` : '';
  return `fw: paused. Continue with: ${approval}fw resume ${run}\n`;
}
