import path from 'node:path';
import { AppError } from '../app-error.ts';
import { checkWorkspace } from '../check-workspace.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels, readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';
import { readJsonFile } from '../read-json-file.ts';
import { untilInterrupted } from '../until-interrupted.ts';

export interface JudgeVerifyOptions {
  readonly rerun?: boolean;
  readonly workspace: string;
  readonly base?: string;
  readonly head?: string;
  readonly sealed?: string;
}

/** `fw judge verify`: what a report says, computed again. Exit 0 when it holds. */
export async function judgeVerify(context: CliContext, file: string, options: JudgeVerifyOptions): Promise<number> {
  const { rerun = false, base, head, sealed } = options;
  if (sealed !== undefined && !rerun) throw new AppError('FW_USAGE', { message: 'The sealed tests are for measuring again: --sealed goes with --rerun.' });
  if (head !== undefined && !/^[0-9a-f]{64}$/.test(head)) throw new AppError('FW_USAGE', { message: `--head "${head}" is no head: that is 64 hexadecimal digits, as "fw judge" prints it.` });
  const report = await readJsonFile('report', path.resolve(context.directory, file));
  const directory = await checkWorkspace(context.directory, options.workspace);
  const { config } = rerun ? await readConfig(context, { workspace: directory, ...(context.config === undefined ? {} : { file: context.config }) }) : { config: {} };
  const framework = await openWithoutModels(context, config);
  try {
    const verification = await untilInterrupted((signal) => framework.verify(report, { rerun, directory, signal, ...(base === undefined ? {} : { base }), ...(head === undefined ? {} : { head }), ...(sealed === undefined ? {} : { sealed: path.resolve(context.directory, sealed) }) }));
    if (typeof verification === 'number') return verification;
    if (context.output === 'text') {
      for (const { check, status, message } of verification.checks) {
        const mark = status === 'failed' ? context.terminal.paint('red', '✗') : status === 'passed' ? context.terminal.paint('green', '✓') : '-';
        context.terminal.print(`${mark} ${check.padEnd(8)} ${plainLine(message)}\n`);
      }
      context.terminal.print(verification.holds ? 'The report holds.\n' : 'The report does not hold.\n');
    } else context.terminal.print(jsonLine(verification));
    return verification.holds ? exitCodes.success : exitCodes.failed;
  } finally {
    await framework.close();
  }
}
