import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

export interface RunsOptions {
  readonly limit?: string;
}

const mostInText = 100;

/** `fw runs`: the newest runs first; for a reader as many as fit him, for a program all, and those that `--limit` says. */
export async function runs({ output, terminal, ...context }: CliContext, { limit: said }: RunsOptions = {}): Promise<number> {
  if (said !== undefined && !/^[1-9]\d{0,8}$/.test(said)) throw new AppError('FW_USAGE', { message: `--limit "${said}" is not possible: a number of runs, 1 or more.` });
  const framework = await openWithoutModels({ output, terminal, ...context });
  try {
    const { runs: all, total } = await framework.listRuns({ limit: said === undefined ? (output === 'text' ? mostInText : Infinity) : Number(said) });
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
      if (all.length < total) terminal.note(`fw: ${String(total - all.length)} older runs are not shown; --limit ${String(total)} shows all.\n`);
    }
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
