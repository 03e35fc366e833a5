// A feature, a bug, a refactoring and a performance improvement on packages of other people, each done by a model on each of the four wires.
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installPublished } from '../test/published-fixture.ts';
import { runTask, wires } from '../test/published-tasks/run-task.ts';
import { publishedTasks } from '../test/published-tasks/tasks.ts';

await installPublished();
let failed = 0;
for (const task of publishedTasks) {
  for (const wire of wires) {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'fw-published-')));
    try {
      const { exitCode, verdict, isUntouched, ownTests, replay, performance, message } = await runTask(task, wire, folder);
      const holds = exitCode === 0 && verdict === 'accepted' && isUntouched && ownTests === 'passed' && replay === 0;
      if (!holds) failed += 1;
      console.log(`${holds ? 'ok    ' : 'FAILED'} ${task.kind} on ${task.name} over ${wire}: ${verdict ?? 'no verdict'}, its own tests ${ownTests}, replay ${String(replay)}, original ${isUntouched ? 'untouched' : 'CHANGED'}${performance === undefined ? '' : `, ${performance.message}`}${holds ? '' : ` (${message ?? ''})`}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
console.log(`${failed === 0 ? 'all' : String(publishedTasks.length * wires.length - failed)} of ${String(publishedTasks.length * wires.length)} ended in accepted patches`);
process.exitCode = failed === 0 ? 0 : 1;
