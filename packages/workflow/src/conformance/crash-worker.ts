import { appendFileSync } from 'node:fs';
import { agentsWith, crashDefinition, hostWith } from './crash-program.ts';
import type { Effect } from './crash-program.ts';
import type { OpenCrashSite } from './crash-site.ts';

/** One process of a trial: `<site> <directory> start|resume [<place>:<count>]`; dies at that place, else says how it went. */
const [site = '', directory = '', mode = '', point = ''] = process.argv.slice(2);
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
  appendFileSync(`${directory}/effects`, `${step.key} ${process.pid}\n`);
  dieAt('after');
  return step.key;
};
const open = (await import(site) as { readonly default: OpenCrashSite }).default;
const { engine, close } = await open({
  directory, agents: agentsWith(effect), host: () => hostWith(effect),
  onCommit: () => {
    appendFileSync(`${directory}/writers`, `${process.pid} wrote\n`);
    dieAt('commit');
  },
  onRelease: () => appendFileSync(`${directory}/writers`, `${process.pid} let go\n`),
});
const attached = mode === 'start' ? 'start' : await engine.attach('r').then(() => 'attached', (error: { code: string }) => error.code);
const run = mode === 'start' ? await engine.start({ id: 'r', definition: crashDefinition, input: { goal: 'survive' } }) : await engine.watch('r');
// Everybody answers: one answer counts, the others are refused.
const answer = (name: string): Promise<void> => run.signal(name, { by: 'somebody' }).catch(() => {});
await answer('early');
const later = setTimeout(() => void answer('later'), 40);
const outcome = await run.result();
clearTimeout(later);
await close();
process.stdout.write(JSON.stringify({ attached, status: outcome.status, before: seen['before'] ?? 0, commit: seen['commit'] ?? 0 }));
