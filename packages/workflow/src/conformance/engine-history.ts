import { expect, test } from 'vitest';
import type { Json } from '@fw/agents-core';
import { verifyChain } from '../journal-chain.ts';
import type { RunHandle } from '../engine.ts';
import { entriesOf, start, until } from './engine-harness.ts';
import type { OpenEngines, Work } from './engine-harness.ts';
import { oneState } from './one-state.ts';

/** Replay, forks, changed definitions, child runs and removal. What an engine refuses with `FW_WORKFLOW_UNSUPPORTED` is skipped, and said so. */
export function testHistory(open: OpenEngines): void {
  const work: Work = async (context) => {
    const id = context.id();
    await context.step('a', () => `a ${id}`, { input: id });
    await context.all('many', [0, 1].map((index) => async (branch) => branch.step('b', () => index)));
    await context.step('large', () => 'x'.repeat(100_000));
    await context.step('bad', () => { throw Object.assign(new Error('no'), { code: 'MY_CODE' }); }).catch(() => {});
  };

  test('a finished run replays whole, and throws where the program is another one', async ({ skip }) => {
    const connect = await open();
    const first = await connect(work);
    await (await start(first)).result();
    const entries = await entriesOf(await first.watch('r'));
    expect(await supported(first.replay('r'), skip)).toMatchObject({ entries: entries.length, head: entries.at(-1)!.hash, complete: true });
    await first.close();
    const other = await connect(async (context) => { await context.step('b', () => 1); });
    await expect(other.replay('r')).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED' });
    expect(await entriesOf(await other.watch('r'))).toEqual(entries);
  });

  test('a fork takes over what was settled, runs none of it again, and goes on with keys of its own', async ({ skip }) => {
    const connect = await open();
    const calls: string[] = [];
    const engine = await connect(async (context) => { for (const name of ['a', 'b', 'c']) await context.step(name, (step) => { calls.push(step.key); return context.path; }); });
    await (await start(engine)).result();
    const entries = await entriesOf(await engine.watch('r'));
    const at = entries.find((entry) => entry.kind === 'step' && entry.key.endsWith('/b#1'))!.seq;
    const fork = await supported(engine.fork('r', { at, id: 'f' }), skip);
    expect(await fork.result()).toMatchObject({ status: 'success' });
    expect(calls.slice(3)).toEqual(['f/work#1/worker#1/c#1']);
    verifyChain(await entriesOf(fork));
    await expect(engine.fork('r', { at: -1 })).rejects.toMatchObject({ code: 'FW_WORKFLOW_ILLEGAL' });
  });

  test('a changed definition is refused with the difference, and a pinned run finishes on the one it has', async ({ skip }) => {
    const connect = await open();
    const wait: Work = async (context) => { await context.waitFor('go'); };
    const engine = await connect(wait);
    await (await start(engine)).settled();
    const changed = { ...oneState, version: '2' };
    await expect(engine.start({ id: 'r', definition: changed, input: { goal: 'x' } })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED', message: expect.stringContaining('"1" → "2"') as string });
    const run = await supported(engine.start({ id: 'r', definition: changed, input: { goal: 'x' }, changed: 'pinned' }), skip);
    await run.signal('go', 1);
    expect(await run.result()).toMatchObject({ status: 'success' });
  });

  test('a child run is a run of its own, and its outcome is what the run that began it gets', async ({ skip }) => {
    const connect = await open();
    let seen: Json = null;
    const engine = await connect(async (context) => {
      if ((context.task as { readonly goal: string }).goal === 'child') await context.step('work', () => 1);
      else seen = await context.child('sub', 'sub', { goal: 'child' });
    }, [{ ...oneState, name: 'sub' }]);
    const run = await start(engine);
    const outcome = await supported(run.result(), skip);
    skip(outcome.code === 'FW_WORKFLOW_UNSUPPORTED', 'this engine has no child runs');
    expect(outcome).toMatchObject({ status: 'success' });
    expect(seen).toMatchObject({ status: 'success' });
    const child: RunHandle = await engine.watch('r/work#1/worker#1/sub#1');
    verifyChain(await entriesOf(child));
    expect(await child.result()).toMatchObject({ status: 'success' });
  });

  test('prune removes ended runs only', async ({ skip }) => {
    const connect = await open();
    const engine = await connect(async (context) => { if ((context.task as { readonly goal: string }).goal === 'wait') await context.waitFor('go'); });
    await (await start(engine)).result();
    const waiting = await engine.start({ id: 'w', definition: oneState, input: { goal: 'wait' } });
    await until(async () => (await waiting.settled()).status === 'waiting');
    expect(await supported(engine.prune({ olderThanMs: 0 }), skip)).toMatchObject({ runs: ['r'] });
    const left: string[] = [];
    for await (const { id } of engine.list()) left.push(id);
    expect(left).toEqual(['w']);
  });
}

async function supported<T>(asked: Promise<T>, skip: (holds: boolean, why: string) => void): Promise<T> {
  const refused = await asked.then(() => false, (error: { readonly code?: string }) => error.code === 'FW_WORKFLOW_UNSUPPORTED');
  skip(refused, 'this engine does not support it');
  return asked;
}
