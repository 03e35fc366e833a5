import { expect, test } from 'vitest';
import { start, untilAborted } from './engine-harness.ts';
import type { OpenEngines, Work } from './engine-harness.ts';

/** Cancel. */
export function testCancel(open: OpenEngines): void {
  test('cancel reaches the step in flight and everything that waits, and ends the run', async () => {
    const connect = await open();
    let aborted = false;
    let after = false;
    const reached = Promise.withResolvers<void>();
    const engine = await connect(async (context) => {
      await context.all('both', [
        async (branch) => branch.step('long', (step) => { reached.resolve(); return untilAborted(step.signal).finally(() => { aborted = true; }); }),
        async (branch) => { await branch.waitFor('never'); return null as never; },
      ]).catch(() => {});
      await context.step('after', () => { after = true; return 1; });
    });
    const run = await start(engine);
    await reached.promise;
    await run.cancel('changed my mind');
    expect(await run.result()).toMatchObject({ status: 'cancelled', message: 'changed my mind' });
    expect([aborted, after]).toEqual([true, false]);
    await run.cancel('again');
    expect(await run.result()).toMatchObject({ message: 'changed my mind' });
  });

  test('a run that waits can be cancelled by another process', async () => {
    const connect = await open();
    const work: Work = async (context) => { await context.waitFor('never'); };
    const first = await connect(work);
    await (await start(first)).settled();
    await first.close();
    const run = await (await connect(work)).watch('r');
    await run.cancel('over');
    expect(await run.result()).toMatchObject({ status: 'cancelled', message: 'over' });
  });
}
