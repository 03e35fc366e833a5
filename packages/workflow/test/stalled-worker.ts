import { setTimeout as delay } from 'node:timers/promises';
import { createLocalEngine } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { oneState } from '../src/conformance/one-state.ts';

/** A holder that is stopped from outside: says when its step began, and what became of its run in the end. */
const store = sqliteStore(process.argv[2]!);
const engine = createLocalEngine({
  store, leaseMs: 2_000, pickUp: 'own',
  agents: [{
    specVersion: 1, name: 'worker', capabilities: ['work'],
    async process(context) {
      await context.step('quick', () => 'first');
      await context.step('slow', async () => {
        // The intent of a step is stored while it runs.
        while (!(await store.read('r')).some((entry) => entry.kind === 'begin' && entry.key.endsWith('/slow#1'))) await delay(5);
        process.stdout.write('begun\n');
        await new Promise((resolve) => process.stdin.once('data', resolve));
        return 'from the stalled holder';
      });
      return { status: 'done', artifacts: [] };
    },
  }],
});
const run = await engine.start({ id: 'r', definition: oneState, input: { goal: 'x' } });
const outcome = await run.result();
process.stdout.write(`${outcome.status}\n`);
process.stdin.destroy();
await engine.close();
await store.close();
