// 8 processes on one store of limits, against a strict bucket of 100 a second with a capacity of 100 and of 10:
//   node --conditions=@fw/source bench/shared-limits.bench.ts
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startBucketServer } from '../test/bucket-server.ts';

const [processes, perSecond, each] = [8, 100, 125];
const worker = fileURLToPath(new URL('../test/limit-worker.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fw-shared-limits-'));

for (const capacity of [100, 10]) {
  const server = await startBucketServer(perSecond, capacity, 0);
  const values = [join(folder, `${capacity}.sqlite`), server.baseURL, String(each), String(perSecond * 60), String(capacity)];
  const workers = Array.from({ length: processes }, () => {
    const child = spawn(process.execPath, ['--conditions=@fw/source', '--no-warnings', worker, ...values], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, line: () => lines.next() };
  });
  for (const { line } of workers) await line();
  for (const { child } of workers) child.stdin.write('go\n');
  await Promise.all(workers.map(({ line }) => line()));
  const [first = 0, last = 0] = [server.answered[0], server.answered.at(-1)];
  const used = server.answered.length / (capacity + ((last - first) / 1_000) * perSecond);
  const work = `${processes * each} calls of ${processes} processes, ${perSecond} a second, burst ${capacity}`;
  console.log(JSON.stringify({ work: `${work}: used`, who: 'fw', value: Math.round(used * 1_000) / 10, unit: '%', atLeast: 95 }));
  console.log(JSON.stringify({ work: `${work}: refused`, who: 'fw', value: server.refused, unit: 'calls', atMost: 0 }));
  await server.close();
}
rmSync(folder, { recursive: true });
