import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { RunEvent } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { formatCount } from '../format.ts';
import { revise } from './revise.ts';
import type { Scenario } from './scenario.ts';

/** A run whose process was killed. */
export interface Crashed {
  readonly run: string;
  /** That it had told of. */
  readonly events: number;
}

const beginWithinMs = 60_000;

/**
 * Begins the demonstration in a process of its own and ends that process with SIGKILL after the implementation's first
 * written file: no handler runs, nothing is flushed.
 * @throws Error when that process ends by itself before.
 */
export async function crashRun(context: CliContext, signal: AbortSignal): Promise<Crashed> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', 'demo', '--output', 'ndjson'], {
    cwd: context.directory, env: context.environment as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'ignore'], signal: AbortSignal.any([signal, AbortSignal.timeout(beginWithinMs)]), killSignal: 'SIGKILL',
  });
  const ended = new Promise<void>((resolve) => { child.once('error', () => { resolve(); }).once('close', () => { resolve(); }); });
  let run: string | undefined;
  let events = 0;
  let isKilled = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as RunEvent;
    run = event.run;
    events += 1;
    if (event.type !== 'tool.called' || event.state !== 'implementation') continue;
    isKilled = child.kill('SIGKILL');
    break;
  }
  await ended;
  signal.throwIfAborted();
  if (run === undefined || !isKilled) throw new Error('The process of the demonstration ended before it could be killed.');
  return { run, events };
}

/** Begins as `revise`; what is said afterwards is counted in its journal. */
export const crash: Scenario = {
  ...revise,
  name: 'crash',
  about: 'The run begins in another process, which is killed with SIGKILL in the middle; this one continues it.',
  describe(log) {
    const finished = log.filter(({ kind }) => kind === 'step');
    const twice = finished.length - new Set(finished.map(({ key }) => key)).size;
    const again = finished.filter(({ attempt }) => attempt > 1).map(({ step }) => step);
    return `The journal holds ${formatCount(finished.length, 'finished step')}, ${twice === 0 ? 'none of them twice' : `${String(twice)} of them twice`}.\n`
      + `${again.length === 0 ? 'No step had to be done again.' : `In flight when it was killed, and done again: ${again.join(', ')}.`}\n`;
  },
};
