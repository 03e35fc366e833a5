import type { Framework, RunSummary } from '@fw/framework';
import { AppError } from './app-error.ts';
import { plainLine } from './plain-text.ts';

/** The run with this id, or with the only id that begins so. @throws AppError `FW_USAGE`; FrameworkError `FW_RUN_UNKNOWN`. */
export async function resolveRun(framework: Framework, id: string): Promise<RunSummary> {
  const { runs: near } = await framework.listRuns({ id, limit: Infinity });
  const exact = near.find((run) => run.id === id);
  if (exact !== undefined) return exact;
  if (near.length > 1) throw new AppError('FW_USAGE', { message: `More than one run begins with "${plainLine(id, 100)}": ${near.slice(0, 5).map((run) => run.id).join(', ')}.` });
  return near[0] ?? framework.show(id);
}
