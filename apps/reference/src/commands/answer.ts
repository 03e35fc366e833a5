import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { openStore } from '../open-framework.ts';
import { person } from '../person.ts';
import { resolveRun } from '../resolve-run.ts';


export interface AnswerOptions {
  readonly message?: string;
}

/** `fw approve`, `fw reject` and, without a decision, `fw answer`: a person's word for a run that waits for it. */
export async function answer(context: CliContext, decision: 'approve' | 'reject' | undefined, id: string, gate: string | undefined, { message }: AnswerOptions): Promise<number> {
  const framework = await openStore(context);
  try {
    const run = await resolveRun(framework, id);
    const by = person();
    await framework.answer(run.id, { by, ...(decision === undefined ? {} : { decision }), ...(gate === undefined ? {} : { gate }), ...(message === undefined ? {} : { message }) });
    const done = decision === undefined ? 'answered' : decision === 'approve' ? 'approved' : 'rejected';
    if (context.output === 'text') context.terminal.print(`${done} by ${by}. Continue with: fw resume ${run.id}\n`);
    else context.terminal.print(jsonLine({ run: run.id, decision: decision ?? null, by, gate: gate ?? null }));
    return exitCodes.success;
  } finally {
    await framework.close();
  }
}
