import { expect, test } from 'vitest';
import { entriesOf, projectionOf, start } from './engine-harness.ts';
import type { OpenEngines, Work } from './engine-harness.ts';

/** What keeps a replay the same. */
export function testDeterminism(open: OpenEngines): void {
  test('a durable operation inside a step is refused', async () => {
    const connect = await open();
    const codes: string[] = [];
    const run = await start(await connect(async (context) => {
      const catching = async (work: () => unknown): Promise<void> => { try { await work(); } catch (error) { codes.push((error as { code: string }).code); } };
      await context.step('leaf', async () => {
        await catching(() => context.step('inner', () => 1));
        await catching(() => context.sleep(1));
        await catching(() => context.all('inner', []));
        await catching(() => context.id());
        return 1;
      });
      await context.step('inner', () => 1);
    }));
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(codes).toEqual(Array(4).fill('FW_WORKFLOW_NESTED'));
    expect((await projectionOf(run)).map((entry) => entry.key)).toContain('r/work#1/worker#1/inner#1');
  });

  test('a program that asks for something else than its journal has is refused, and nothing is written', async () => {
    const connect = await open();
    const first = await connect(async (context) => {
      await context.step('a', () => 1, { input: 'one' });
      await context.waitFor('go');
    });
    await (await start(first)).settled();
    const before = await entriesOf(await first.watch('r'));
    await first.close();
    const others: readonly Work[] = [
      async (context) => { await context.step('b', () => 1); },
      async (context) => { await context.step('a', () => 1, { input: 'two' }); },
      async () => {},
      async (context) => { await context.step('a', () => 1, { input: 'one' }); await context.step('new', () => 1); },
    ];
    for (const other of others) {
      const engine = await connect(other);
      const run = await engine.attach('r');
      await expect(run.result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED' });
      expect(await entriesOf(run)).toEqual(before);
      await engine.close();
    }
    const engine = await connect(async (context) => { await context.step('a', () => 1, { input: 'one' }); await context.waitFor('go'); });
    const run = await engine.attach('r');
    await run.signal('go', 1);
    expect(await run.result()).toMatchObject({ status: 'success' });
  });

  test('now, random and id are the same in every attempt', async () => {
    const connect = await open();
    const seen: unknown[][] = [];
    const work: Work = async (context) => {
      const values = [context.now(), context.random(), context.id(), context.id()];
      await context.step('a', () => 1);
      values.push(context.now(), await context.scope('inside', async (inside) => inside.id()));
      seen.push(values);
      await context.waitFor('go');
    };
    const first = await connect(work);
    await (await start(first)).settled();
    await first.close();
    const run = await (await connect(work)).attach('r');
    await run.signal('go', 1);
    expect(await run.result()).toMatchObject({ status: 'success' });
    for (const values of seen.slice(1)) expect(values).toEqual(seen[0]);
    expect(new Set(seen[0]).size).toBeGreaterThan(4);
  });
}
