import { createLocalEngine } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { oneState } from '../src/conformance/one-state.ts';

/** `<file> <name> <runs> <steps> <bytes>`: opens the file when it is told to, drives that many runs and says how they ended. */
const [file = '', name = '', runs = '', steps = '', bytes = '0'] = process.argv.slice(2);
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.destroy();

const store = sqliteStore(file);
const engine = createLocalEngine({
  store, pickUp: 'own',
  agents: [{
    specVersion: 1, name: 'worker', capabilities: ['work'],
    async process(context) {
      for (let index = 0; index < Number(steps); index++) await context.step('add', () => 'x'.repeat(Number(bytes)) + String(index));
      return { status: 'done', artifacts: [] };
    },
  }],
});
const ended = await Promise.allSettled(Array.from({ length: Number(runs) }, async (_, index) => (await engine.start({ id: `${name}-${index}`, definition: oneState, input: { goal: 'x' } })).result()));
await engine.close();
await store.close();
process.stdout.write(`${JSON.stringify(ended.map((end) => (end.status === 'fulfilled' ? end.value.status : (end.reason as { code?: string }).code ?? String(end.reason))))}\n`);
