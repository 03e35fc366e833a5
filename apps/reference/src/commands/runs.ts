import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

/** `fw runs`: all runs, newest first. */
export async function runs({ output, terminal, ...context }: CliContext): Promise<number> {
  const framework = await openWithoutModels({ output, terminal, ...context });
  try {
    const all = await framework.runs();
    if (output === 'json') terminal.print(jsonLine(all));
    else if (output === 'ndjson') for (const run of all) terminal.print(jsonLine(run));
    else if (all.length === 0) terminal.print('There is no run yet.\n');
    else {
      terminal.print(formatTable([
        ['RUN', 'STATUS', 'STATE', 'STARTED', 'GOAL'],
        ...all.map((run) => [
          run.id,
          run.waitingFor === undefined ? run.status : `${run.status} (${plainLine(run.waitingFor, 40)})`,
          plainLine(run.state, 40),
          new Date(run.startedAt).toISOString().slice(0, 16).replace('T', ' '),
          plainLine(run.goal, 80),
        ]),
      ]));
    }
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
