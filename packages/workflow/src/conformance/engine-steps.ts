import { expect, test } from 'vitest';
import type { Json } from '@fw/agents-core';
import { verifyChain } from '../journal-chain.ts';
import { entriesOf, note, start, untilAborted } from './engine-harness.ts';
import type { OpenEngines, Work } from './engine-harness.ts';
import { oneState } from './one-state.ts';

/** What a step promises. */
export function testSteps(open: OpenEngines): void {
  test('runs each step once, in order, and gives what it returned', async () => {
    const connect = await open();
    const seen: Json[] = [];
    const run = await start(await connect(async (context) => {
      for (const value of [1, 'two', null, { three: [3] }]) seen.push(await context.step('say', (step) => ({ value, key: step.key, attempt: step.attempt })));
    }));
    expect(await run.result()).toMatchObject({ status: 'success', state: { state: 'end' } });
    expect(seen.map((value) => (value as { value: Json }).value)).toEqual([1, 'two', null, { three: [3] }]);
    expect(seen.map((value) => (value as { key: string }).key)).toEqual([1, 2, 3, 4].map((visit) => `r/work#1/worker#1/say#${visit}`));
    const entries = await entriesOf(run);
    verifyChain(entries);
    expect(entries.at(-1)).toMatchObject({ kind: 'run', key: 'r/!end' });
  });

  test('the same id is the same run; another definition or input is refused', async () => {
    const connect = await open();
    let calls = 0;
    const engine = await connect(async (context) => { await context.step('count', () => ++calls); });
    const [one, two] = await Promise.all([start(engine), start(engine)]);
    expect(await one.result()).toEqual(await two.result());
    expect(calls).toBe(1);
    expect(await (await start(engine)).result()).toMatchObject({ status: 'success' });
    await expect(engine.start({ id: 'r', definition: oneState, input: 'other' })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED' });
    await expect(engine.start({ id: 'r', definition: { ...oneState, version: '2' }, input: { goal: 'x' } })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED' });
    await expect(engine.attach('nobody')).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNKNOWN_RUN' });
  });

  test('a step that finished is never run again, one that did not is tried again with the same key', async () => {
    const connect = await open();
    const calls: string[] = [];
    const reached = Promise.withResolvers<void>();
    let begun = 0;
    const work: Work = async (context) => {
      await context.step('first', (step) => note(calls, step));
      await context.step('second', async (step) => {
        note(calls, step);
        reached.resolve();
        if (++begun === 1) await untilAborted(step.signal);
        return 1;
      });
      await context.step('third', (step) => note(calls, step));
    };
    const first = await connect(work);
    await start(first);
    await reached.promise;
    await first.close();
    const run = await (await connect(work)).attach('r');
    expect(await run.result()).toMatchObject({ status: 'success' });
    // An engine that cannot know the attempt says 0.
    const counted = calls[0]!.endsWith(' 1');
    expect(calls).toEqual(['first#1 1', 'second#1 1', 'second#1 2', 'third#1 1'].map((call) => (counted ? call : call.replace(/\d$/, '0'))));
    verifyChain(await entriesOf(run));
  });

  test('a once step that did not finish is not run again: it is uncertain', async () => {
    const connect = await open();
    let calls = 0;
    let seen: unknown;
    const reached = Promise.withResolvers<void>();
    const work: Work = async (context) => {
      seen = await context.step('pay', async (step) => {
        calls++;
        reached.resolve();
        return untilAborted(step.signal);
      }, { effect: 'once' }).catch((error: { code: string }) => error.code);
      await context.step('after', () => 1);
    };
    const first = await connect(work);
    await start(first);
    await reached.promise;
    await first.close();
    expect(await (await (await connect(work)).attach('r')).result()).toMatchObject({ status: 'success' });
    expect([calls, seen]).toEqual([1, 'FW_STEP_UNCERTAIN']);
  });

  test('a step takes no longer than its limit', async () => {
    const connect = await open();
    let code: unknown;
    const run = await start(await connect(async (context) => {
      await context.step('slow', (step) => untilAborted(step.signal), { timeoutMs: 10 }).catch((error: { code: string }) => { code = error.code; });
    }));
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(code).toBe('FW_STEP_TIMEOUT');
  });
}
