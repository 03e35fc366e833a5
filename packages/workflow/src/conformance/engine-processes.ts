import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AgentContext, Json } from '@fw/agents-core';
import { entriesOf, projectionOf, start, untilAborted, withoutRun } from './engine-harness.ts';
import type { OpenEngines, Work } from './engine-harness.ts';

/** Several engines, watchers and interruptions. */
export function testProcesses(open: OpenEngines): void {
  test('one of several engines drives a run; the others say that it is held, or follow it where the platform says who drives, and may watch', async () => {
    const connect = await open();
    let calls = 0;
    const gate = Promise.withResolvers<number>();
    const work: Work = async (context) => { await context.step('slow', () => { calls++; return gate.promise; }); };
    const engines = await Promise.all([connect(work), connect(work), connect(work)]);
    await start(engines[0]!);
    const attached = await Promise.allSettled(engines.slice(1).map((engine) => engine.attach('r')));
    for (const outcome of attached) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'FW_WORKFLOW_LEASED' });
    const watching = Promise.all(engines.map(async (engine) => (await engine.watch('r')).result()));
    gate.resolve(1);
    for (const outcome of await watching) expect(outcome).toMatchObject({ status: 'success' });
    expect(calls).toBe(1);
  });

  test('events are the journal: past ones, then live ones, and deltas only live', async () => {
    const connect = await open();
    const gate = Promise.withResolvers<number>();
    const engine = await connect(async (context) => {
      await context.step('talk', async (step) => {
        await gate.promise;
        step.progress('hel');
        step.progress('lo');
        await delay(20);
        return 'hello';
      });
    });
    const run = await start(engine);
    const live: unknown[] = [];
    const watching = (async () => { for await (const event of run.events({ live: true })) live.push(event); })();
    await delay(20);
    gate.resolve(1);
    await run.result();
    await watching;
    const entries = await entriesOf(run);
    expect(live.filter((event) => !('delta' in (event as object)))).toEqual(entries);
    expect(live.flatMap((event) => ('delta' in (event as object) ? [(event as { delta: Json }).delta] : []))).toEqual(['hel', 'lo']);
    expect((await entriesOf(run, 2)).map((entry) => entry.seq)).toEqual(entries.slice(2).map((entry) => entry.seq));
  });

  test('a run that was interrupted has the same projection as one that was not', async () => {
    const connect = await open();
    const work: Work = async (context) => {
      await context.step('plan', () => ({ parts: 3 }));
      await context.all('parts', [0, 1, 2].map((part) => async (branch: AgentContext) => {
        await branch.step('write', () => delay(part, `part ${part}`));
        await branch.step('check', () => { if (part === 1) throw new Error('not good'); return true; }).catch(() => {});
        return part;
      }));
      await context.race('either', [async (branch) => branch.step('quick', () => 1), async (branch) => branch.step('slow', (step) => untilAborted(step.signal))]);
      await context.sleep(5);
      await context.waitFor('go');
    };
    const undisturbed = await connect(work);
    const plain = await start(undisturbed);
    await plain.settled();
    await plain.signal('go', 1);
    await plain.result();
    await undisturbed.close();
    for (let turn = 0; turn < 12; turn++) {
      const engine = await connect(work);
      const run = await start(engine, 's');
      await delay(turn);
      await engine.close();
      void run;
    }
    const last = await connect(work);
    const run = await start(last, 's');
    await run.signal('go', 1);
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(withoutRun(await projectionOf(run), 's')).toEqual(withoutRun(await projectionOf(await last.watch('r')), 'r'));
  });
}
