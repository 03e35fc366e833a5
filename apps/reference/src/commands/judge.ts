import path from 'node:path';
import type { Json } from '@fw/models';
import { checkWorkspace } from '../check-workspace.ts';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels, readConfig } from '../open-framework.ts';
import { plainText } from '../plain-text.ts';
import { readJsonFile } from '../read-json-file.ts';
import { untilInterrupted } from '../until-interrupted.ts';

export interface JudgeOptions {
  readonly base?: string;
  readonly policy?: string;
  readonly only?: string;
  readonly sealed?: string;
}

/** `fw judge`: the gate alone, on a folder as it is. */
export async function judge(context: CliContext, folder: string, options: JudgeOptions): Promise<number> {
  const directory = await checkWorkspace(context.directory, folder);
  const { config } = await readConfig(context, { workspace: directory, ...(context.config === undefined ? {} : { file: context.config }) });
  const policy = options.policy === undefined ? undefined : (await readJsonFile('policy', path.resolve(context.directory, options.policy))) as Json;
  const framework = await openWithoutModels(context, config);
  try {
    const report = await untilInterrupted((signal) => framework.judge({
      directory,
      signal,
      ...(options.base === undefined ? {} : { base: options.base }),
      ...(policy === undefined ? {} : { policy }),
      ...(options.sealed === undefined ? {} : { sealed: path.resolve(context.directory, options.sealed) }),
      ...(options.only === undefined ? {} : { only: options.only.split(',').map((gate) => gate.trim()) }),
    }));
    if (typeof report === 'number') return report;
    const { renderGateHtml, renderGateReport } = await import('@fw/framework');
    context.terminal.print(context.output === 'text' ? plainText(renderGateReport(report)) : context.output === 'html' ? renderGateHtml(report) : jsonLine(report));
    return report.verdict === 'accepted' ? exitCodes.success : exitCodes.failed;
  } finally {
    await framework.close();
  }
}
