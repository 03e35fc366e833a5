import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatBytes, formatCount } from '../format.ts';
import { homeFolder } from '../home-folder.ts';
import { removeInvocation } from '../invocation.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels } from '../open-framework.ts';

export interface PruneOptions {
  readonly olderThan: string;
  readonly keep: string;
}

const unitMs: { readonly [unit: string]: number } = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `fw prune`: removes old ended runs, and files that no run needs. */
export async function prune(context: CliContext, { olderThan, keep }: PruneOptions): Promise<number> {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(olderThan) ?? [];
  const perUnit = unitMs[unit];
  if (perUnit === undefined) throw new AppError('FW_USAGE', { message: `--older-than "${olderThan}" is no age: a number and s, m, h, d or w, e.g. 30d.` });
  if (!/^\d{1,9}$/.test(keep)) throw new AppError('FW_USAGE', { message: `--keep "${keep}" is no number of runs.` });
  const framework = await openWithoutModels(context);
  try {
    const pruned = await framework.prune({ olderThanMs: Number(count) * perUnit, keep: Number(keep) });
    for (const run of pruned.runs) await removeInvocation(homeFolder(context.environment), run);
    if (context.output === 'text') context.terminal.print(`${formatCount(pruned.runs.length, 'run')} removed, ${formatBytes(pruned.bytes)} freed.\n`);
    else context.terminal.print(jsonLine(pruned));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
