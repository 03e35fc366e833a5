import os from 'node:os';
import type { Framework } from '@fw/framework';
import { within } from '../within.ts';
import type { Commands } from './commands.ts';

/** All that the dashboard changes. */
export interface Actions {
  answer(run: string, decision: 'approve' | 'reject' | 'answer', options: { readonly gate?: string | undefined; readonly message?: string | undefined }): Promise<{ readonly run: string; readonly continued: boolean }>;
  cancel(run: string, options: { readonly message?: string | undefined }): Promise<{ readonly run: string }>;
  fork(run: string, options: { readonly at: number; readonly models?: { readonly [agent: string]: string } | undefined; readonly confirm?: readonly string[] | undefined }): Promise<{ readonly run: string }>;
}

const cancelWithinMs = 5_000;

export function createActions(framework: Framework, commands: Commands): Actions {
  return {
    async answer(run, decision, { gate, message }) {
      await framework.answer(run, {
        by: userName(), ...(decision !== 'answer' && { decision }), ...(gate !== undefined && { gate }), ...(message !== undefined && message !== '' && { message }),
      });
      // Where a worker takes it up, or nothing can go on here, the answer counts all the same.
      const continued = await commands.start(['resume', run]).then(() => true, () => false);
      return { run, continued };
    },
    async cancel(run, { message }) {
      const stopped = framework.stop(run, message === undefined || message === '' ? 'Stopped in the dashboard.' : message);
      stopped.catch(() => undefined);
      await within(cancelWithinMs, stopped.then(() => undefined));
      return { run };
    },
    async fork(run, { at, models = {}, confirm = [] }) {
      const started = await commands.start([
        'fork', '--at', String(at),
        ...Object.entries(models).flatMap(([agent, model]) => ['--set', `model.${agent}=${model}`]), ...confirm.flatMap((key) => ['--confirm', key]),
        '--', run,
      ]);
      return { run: started.run };
    },
  };
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return 'dashboard';
  }
}
