import type { Framework, ReviewResult } from '@fw/framework';
import { AppError } from '../app-error.ts';
import { checkWorkspace } from '../check-workspace.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { newRunId } from '../new-run-id.ts';
import { openForRun, openWithoutModels, readConfig } from '../open-framework.ts';
import { describeReview } from '../review-text.ts';
import { untilInterrupted } from '../until-interrupted.ts';

export interface ReviewOptions {
  readonly base?: string;
  readonly model?: string;
  readonly id?: string;
}

/** `fw review`: the reviewer alone, on what changed in a folder. Exit code 1 when a finding blocks. */
export async function review(context: CliContext, folder: string, options: ReviewOptions): Promise<number> {
  const id = options.id ?? newRunId();
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(id)) throw new AppError('FW_USAGE', { message: `--id "${id}" is not possible: letters, digits, ".", "_" and "-", at most 100.` });
  const { directory: from, terminal, output } = context;
  const directory = await checkWorkspace(from, folder);
  const { framework, withoutModel } = await open(context, directory, options);
  try {
    const result = await untilInterrupted((signal) => framework.review({
      directory, id, signal, ...(options.base === undefined ? {} : { base: options.base }),
    }).catch((error: unknown) => {
      throw (error as { readonly code?: unknown }).code === 'FW_MODEL_ALIAS_MISSING' ? withoutModel ?? error : error;
    }));
    if (typeof result === 'number') {
      terminal.note(`fw: the review was stopped; nothing in ${directory} was touched.\n`);
      return result;
    }
    const { exitCodeOf } = await import('@fw/framework');
    const exitCode = result.status === 'reviewed' || result.status === 'unchanged' ? (blocks(result) ? exitCodes.failed : exitCodes.success) : exitCodeOf({ ...result, status: result.status });
    print(context, { ...result, exitCode });
    if (output !== 'text' && result.message !== undefined) terminal.note(`fw: ${result.message}\n`);
    if (result.status === 'waiting') terminal.note(`fw: paused. Continue with: fw review ${folder === '.' ? '' : `${folder} `}--id ${id}\n`);
    return exitCode;
  } finally {
    await framework.close();
  }
}

/** Where nothing changed no model is asked: that there is none to ask is said only when something did. */
async function open(context: CliContext, directory: string, { model }: ReviewOptions): Promise<{ readonly framework: Framework; readonly withoutModel?: AppError }> {
  const source = { workspace: directory, ...(context.config === undefined ? {} : { file: context.config }), ...(model === undefined ? {} : { model }) };
  try {
    return { framework: await openForRun(context, { ...source, sandbox: 'preferred' }) };
  } catch (error) {
    const { code } = error as AppError;
    if (code !== 'FW_PROVIDER_UNAVAILABLE' && (code as string) !== 'FW_KEY_MISSING' && (code !== 'FW_USAGE' || model !== undefined)) throw error;
    const { config } = await readConfig(context, { workspace: directory, ...(context.config === undefined ? {} : { file: context.config }) });
    return { framework: await openWithoutModels(context, config), withoutModel: error as AppError };
  }
}

function print({ terminal, output }: CliContext, result: ReviewResult & { readonly exitCode: number }): void {
  if (output === 'text') return terminal.print(describeReview(result, terminal));
  if (output === 'json') return terminal.print(jsonLine({ version: 1, ...result }));
  for (const finding of result.review?.findings ?? []) terminal.print(jsonLine({ type: 'finding', ...finding }));
  terminal.print(jsonLine({ type: 'review', version: 1, ...result }));
}

function blocks({ review: made }: ReviewResult): boolean {
  return made?.findings.some(({ severity }) => severity === 'high' || severity === 'critical') ?? false;
}
