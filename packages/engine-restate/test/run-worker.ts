import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Agent, StepContext } from '@fw/workflow';
import { createRestateEngine } from '@fw/engine-restate';
import { sqliteStore } from '@fw/workflow/sqlite';
import type { WorkerArguments } from './worker-process.ts';

/** A worker of the tests. The task's goal says what its agent does: `steps <count> <ms>`, `wait`, `version`. */
const args = JSON.parse(process.argv[2]!) as WorkerArguments;
const store = sqliteStore(args.store);
const note = (what: 'begin' | 'end', key: string): void => appendFileSync(args.effects, `${what} ${process.pid} ${key}\n`);

const effect = (ms: number) => async (step: StepContext): Promise<string> => {
  note('begin', step.key);
  await delay(ms, undefined, { signal: step.signal });
  note('end', step.key);
  return args.version ?? 'one';
};
const agent: Agent = {
  specVersion: 1, name: 'worker', capabilities: ['work'],
  async process(context) {
    const [what, count = '1', ms = '1'] = context.task.goal.split(' ');
    if (what === 'wait') await context.waitFor('go');
    for (let index = 0; index < Number(count); index++) await context.step('effect', effect(Number(ms)));
    if (what === 'versions') {
      await context.waitFor('go');
      await context.step(`by ${args.version}`, effect(1));
    }
    return { status: 'done', artifacts: [] };
  },
};

const engine = createRestateEngine({
  store, restate: args.server, service: args.service, agents: [agent],
  worker: {
    port: args.port,
    ...(args.version !== undefined && { version: args.version }),
    ...(args.inactivityTimeoutMs !== undefined && { inactivityTimeoutMs: args.inactivityTimeoutMs }),
    ...(args.longestStepMs !== undefined && { longestStepMs: args.longestStepMs }),
  },
  log: (message, data) => { if (process.env['FW_TEST_LOG']) console.error(process.pid, message, data); },
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void engine.close().then(() => store.close()).then(() => process.exit(0)));
await engine.ready();
process.stdout.write('ready\n');
// The endpoint keeps the process alive.
