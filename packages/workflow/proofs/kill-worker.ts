import { appendFileSync } from 'node:fs';
import { createLocalEngine } from '@fw/workflow';
import type { JournalStore } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { agentsWith, definition, hostWith } from './kill-program.ts';
import type { Effect } from './kill-program.ts';

/** One process of a trial: `<journal> <effects> <writers> start|resume [<place>:<count>]`; dies at that place, else says how it went. */
const [file = '', effects = '', writers = '', mode = '', point = ''] = process.argv.slice(2);
const [place, count] = point.split(':');
const seen: Record<string, number> = {};
const dieAt = (here: string): void => {
  seen[here] = (seen[here] ?? 0) + 1;
  if (here !== place || seen[here] !== Number(count)) return;
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};

const effect: Effect = (step) => {
  dieAt('before');
  appendFileSync(effects, `${step.key} ${process.pid}\n`);
  dieAt('after');
  return step.key;
};
let appended = 0;
const store: JournalStore = sqliteStore(file);
const mortal: JournalStore = {
  ...store,
  async append(run, token, entry) {
    await store.append(run, token, entry);
    appended++;
    appendFileSync(writers, `${process.pid} wrote\n`);
    dieAt('commit');
  },
  async release(...release) {
    await store.release(...release);
    appendFileSync(writers, `${process.pid} let go\n`);
  },
};

const engine = createLocalEngine({ store: mortal, agents: agentsWith(effect), host: () => hostWith(effect) });
const attached = mode === 'start' ? 'start' : await engine.attach('r').then(() => 'attached', (error: { code: string }) => error.code);
const run = mode === 'start' ? await engine.start({ id: 'r', definition, input: { goal: 'survive' } }) : await engine.watch('r');
// Everybody answers: one answer counts, the others are refused.
const answer = (name: string): Promise<void> => run.signal(name, { by: 'somebody' }).catch(() => {});
await answer('early');
const later = setTimeout(() => void answer('later'), 40);
const outcome = await run.result();
clearTimeout(later);
await engine.close();
await store.close();
process.stdout.write(JSON.stringify({ attached, appended, status: outcome.status, before: seen['before'] ?? 0, commit: seen['commit'] ?? 0 }));
