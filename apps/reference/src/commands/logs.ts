import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { openStore } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';
import { resolveRun } from '../resolve-run.ts';

/** `fw logs`: the steps of a run as they settled. The first column is what `fw fork --at` takes. */
export async function logs(context: CliContext, id: string): Promise<number> {
  const framework = await openStore(context);
  try {
    const lines = await framework.log((await resolveRun(framework, id)).id);
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
