import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { openStore } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';
import { resolveRun } from '../resolve-run.ts';
import { describeStep } from '../step-text.ts';

export interface LogsOptions {
  readonly step?: string;
}

/** `fw logs`: the steps of a run as they settled, or one of them with what it was asked with. The first column is what `--step` and `fw fork --at` take. */
export async function logs(context: CliContext, id: string, { step: seq }: LogsOptions): Promise<number> {
  if (seq !== undefined && !/^[1-9]\d{0,8}$/.test(seq)) throw new AppError('FW_USAGE', { message: `--step "${seq}" is not the number of an entry; "fw logs ${id}" shows them.` });
  const framework = await openStore(context);
  try {
    const run = (await resolveRun(framework, id)).id;
    if (seq !== undefined) {
      const [step, input] = [await framework.step(run, Number(seq)), await framework.stepInput(run, Number(seq))];
      context.terminal.print(context.output === 'text' ? describeStep(step, input) : jsonLine({ ...step, input }));
      return exitCodes.success;
    }
    const lines = await framework.log(run);
    if (context.output === 'json') context.terminal.print(jsonLine(lines));
    else if (context.output === 'ndjson') for (const line of lines) context.terminal.print(jsonLine(line));
    else {
      context.terminal.print(formatTable([
        ['SEQ', 'TIME', 'STATE', 'AGENT', 'STEP', 'FILES', ''],
        ...lines.map((line) => [
          String(line.seq),
          new Date(line.at).toISOString().slice(11, 23),
          line.state === '' ? '' : `${plainLine(line.state, 30)}${line.visit > 1 ? ` (${String(line.visit)})` : ''}`,
          plainLine(line.agent, 30),
          `${line.kind === 'begin' ? 'begin ' : ''}${plainLine(line.step, 40)}${line.attempt > 1 ? ` (attempt ${String(line.attempt)})` : ''}`,
          line.tree?.slice(0, 12) ?? '',
          line.code === undefined ? '' : `${plainLine(line.code, 60)}: ${plainLine(line.message ?? '', 120)}`,
        ]),
      ]));
    }
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
