// Started by metrics-store.test.ts as a process of its own: begins so many runs and says how many it saw before each.
import { createMetricsStore } from '../../src/metrics-store.ts';

const [home = '', name = '', count = '0'] = process.argv.slice(2);
const store = createMetricsStore(home);
const seen: number[] = [];
for (let number = 0; number < Number(count); number++) {
  store.begin('/w', (past) => {
    seen.push(past.length);
    return { run: `${name}-${number}`, workspace: '/w', at: Date.now(), status: 'running', states: [], calls: [], commands: [], processes: [] };
  });
}
process.stdout.write(seen.join(' '));
