import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { verifyChain } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { openEngine, temporaryFile, worker } from './programs.ts';

test('a holder that was stopped and wakes up after its lease appends nothing, and learns how the run ended', async () => {
  const file = temporaryFile();
  const child = spawn(process.execPath, ['--conditions=@fw/source', fileURLToPath(new URL('stalled-worker.ts', import.meta.url)), file], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect(await lines.next()).toMatchObject({ value: 'begun' });
  await stopBetweenWrites(child, file);

  const store = sqliteStore(file);
  onTestFinished(() => store.close());
  const attempts: number[] = [];
  const engine = openEngine({ store, leaseMs: 2_000, agents: [worker(async (context) => {
    await context.step('quick', () => 'second');
    await context.step('slow', (step) => { attempts.push(step.attempt); return 'from the next holder'; });
  })] });
  await expect(engine.attach('r')).rejects.toMatchObject({ code: 'FW_WORKFLOW_LEASED' });
  const run = await engine.watch('r');
  expect(await run.result()).toMatchObject({ status: 'success' });
  const journal = await store.read('r');

  child.kill('SIGCONT');
  child.stdin.write('go on\n');
  expect(await lines.next()).toMatchObject({ value: 'success' });
  await once(child, 'close');
  await delay(20);
  expect(await store.read('r')).toEqual(journal);
  verifyChain(journal);
  expect(journal.filter((entry) => entry.kind === 'step').map((entry) => entry.output)).toContain('from the next holder');
  expect(attempts).toEqual([2]);
});

/** A process that is stopped in the middle of a commit keeps SQLite's lock, and nobody can write until it goes on. */
async function stopBetweenWrites(child: ChildProcess, file: string): Promise<void> {
  const database = new DatabaseSync(file, { timeout: 100 });
  for (;;) {
    child.kill('SIGSTOP');
    await delay(20);
    try {
      database.exec('begin immediate; rollback');
      break;
    } catch {
      child.kill('SIGCONT');
      await delay(20);
    }
  }
  database.close();
}
