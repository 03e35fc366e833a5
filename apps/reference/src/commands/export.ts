import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { openStore } from '../open-framework.ts';
import { resolveRun } from '../resolve-run.ts';

export interface ExportOptions {
  readonly to?: string;
  readonly html?: boolean;
}

/** `fw export`: a whole run as JSON, to a file or the output, for `fw import` on another machine; or as one page for people. */
export async function exportRun(context: CliContext, id: string, { to, html = false }: ExportOptions): Promise<number> {
  const framework = await openStore(context);
  try {
    const run = await resolveRun(framework, id);
    const content = html ? (await framework.htmlReport(run.id)).html : `${JSON.stringify(await framework.export(run.id))}\n`;
    if (to === undefined) context.terminal.print(content);
    else await writeWhole(path.resolve(context.directory, to), content);
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}

/** Prompts, code and answers are in it: for this user alone, and whole or not at all. */
async function writeWhole(file: string, content: string): Promise<void> {
  try {
    await writeFile(`${file}.new`, content, { mode: 0o600 });
    await rename(`${file}.new`, file);
  } catch (error) {
    throw new AppError('FW_USAGE', { message: `The file ${file} cannot be written: ${(error as Error).message}.`, cause: error });
  }
}
