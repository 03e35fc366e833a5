import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AgentContext, Json } from '@fw/agents-core';
import { projectionOf, start, untilAborted } from './engine-harness.ts';
import type { OpenEngines } from './engine-harness.ts';

/** Branches side by side. */
export function testBranches(open: OpenEngines): void {
  test('all runs its branches side by side, gives their values in order and holds the bound', async () => {
    const connect = await open();
    let now = 0;
    let most = 0;
    let seen: readonly Json[] = [];
    const run = await start(await connect(async (context) => {
      seen = await context.all('many', Array.from({ length: 8 }, (_, index) => async (branch: AgentContext) => branch.step('work', async () => {
        most = Math.max(most, ++now);
        await delay(8 - index);
        now--;
        return index;
      })), { concurrency: 3 });
    }));
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  test('the first error of all aborts the other branches, which are awaited and journaled', async () => {
    const connect = await open();
    let awaited = false;
    let caught: unknown;
    const run = await start(await connect(async (context) => {
      await context.all('many', [
        async (branch) => branch.step('bad', () => { throw Object.assign(new Error('broken'), { code: 'MY_CODE' }); }),
        async (branch) => branch.step('slow', (step) => untilAborted(step.signal).finally(() => { awaited = true; })),
      ]).catch((error: { code: string; message: string }) => { caught = [error.code, error.message, awaited]; });
    }));
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(caught).toEqual(['MY_CODE', 'broken', true]);
    expect((await projectionOf(run)).filter((entry) => entry.kind === 'failed').map((entry) => entry.error?.code)).toEqual(['MY_CODE', 'FW_WORKFLOW_ABORTED']);
  });

  test('the first branch of a race wins, the others are aborted and journaled', async () => {
    const connect = await open();
    let winner: Json = null;
    const run = await start(await connect(async (context) => {
      winner = await context.race<Json>('first', [
        async (branch) => branch.step('slow', (step) => untilAborted(step.signal)),
        async (branch) => branch.step('quick', () => 'quick'),
        async (branch) => { await branch.sleep(3_600_000); return 'never'; },
        async (branch) => (await branch.waitFor<string>('never')) ?? 'never',
      ]);
    }));
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(winner).toBe('quick');
    expect((await projectionOf(run)).filter((entry) => entry.kind === 'failed').map((entry) => entry.error?.code)).toEqual(Array(3).fill('FW_WORKFLOW_ABORTED'));
  });
}
