import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Agent, AgentContext, Json } from '@fw/agents-core';
import { memoryStore, verifyChain } from '@fw/workflow';
import type { JournalStore, WorkflowDefinition, WorkflowEngine } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { deferred, oneState, openEngine, temporaryFile, untilAborted, worker } from './programs.ts';

const sub: WorkflowDefinition = {
  specVersion: 1, name: 'sub', version: '1', initial: 'help',
  states: { help: { capabilities: ['help'], on: { done: { to: 'end', event: 'helped' } } }, end: { final: 'success' } },
};
const input = { goal: 'x' };
const helper = (work: (context: AgentContext) => Promise<unknown>): Agent => ({
  specVersion: 1, name: 'helper', capabilities: ['help'],
  process: async (context) => ({ status: 'done', artifacts: [{ id: 'a', kind: 'k', title: 't', schema: 's@1', content: (await work(context) ?? null) as Json, producer: { agent: 'helper', version: '1', key: 'k' } }] }),
});
const open = (store: JournalStore, parent: (context: AgentContext) => Promise<void>, child: (context: AgentContext) => Promise<unknown>): WorkflowEngine =>
  openEngine({ store, agents: [worker(parent), helper(child)], definitions: [sub] });
const CHILD = 'r/work#1/worker#1/sub#1';

test('a child run has a journal of its own, is found by its key, and its outcome is one entry of the run that began it', async () => {
  const store = memoryStore();
  let seen: Json = null;
  const engine = open(store, async (context) => { seen = await context.child('sub', 'sub', { goal: 'y' }); }, async (context) => context.step('work', () => (context.task as unknown as { goal: string }).goal));
  const run = await engine.start({ id: 'r', definition: oneState, input });
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(seen).toMatchObject({ status: 'success', state: { state: 'end', artifacts: [{ content: 'y' }] } });
  expect(await store.get(CHILD)).toMatchObject({ status: 'success', parent: 'r' });
  verifyChain(await store.read(CHILD));
  expect((await store.read('r')).find((entry) => entry.kind === 'child')).toMatchObject({ key: CHILD, output: { status: 'success' } });
  expect(await engine.replay('r')).toMatchObject({ complete: true });
  expect(await engine.replay(CHILD)).toMatchObject({ complete: true });
});

test('a run that waits for a child that waits for a person costs no process, and goes on in another one', async () => {
  const file = temporaryFile();
  const stores = [sqliteStore(file), sqliteStore(file)];
  const parent = async (context: AgentContext): Promise<void> => { await context.child('sub', 'sub', {}); };
  const child = async (context: AgentContext): Promise<unknown> => context.waitFor('go');
  const first = open(stores[0]!, parent, child);
  const waiting = await (await first.start({ id: 'r', definition: oneState, input })).settled();
  expect(waiting).toMatchObject({ status: 'waiting', questions: [] });
  await (await first.watch(CHILD)).settled();
  await first.close();
  await stores[0]!.close();
  const second = open(stores[1]!, parent, child);
  await (await second.watch(CHILD)).signal('go', 'now');
  expect(await (await second.watch('r')).result()).toMatchObject({ status: 'success' });
  await second.close();
  await stores[1]!.close();
});

test('a process that dies anywhere leaves one child, which goes on with the run', async () => {
  for (let dies = 1; dies < 14; dies++) {
    const store = memoryStore();
    let appends = 0;
    const mortal: JournalStore = { ...store, append: async (run, token, entry) => { if (++appends > dies) throw Object.assign(new Error('dead'), { code: 'FW_STORE_FAILED' }); return store.append(run, token, entry); }, answer: async (...answer) => { if (appends > dies) throw new Error('dead'); return store.answer(...answer); }, finish: async (...finish) => { if (appends > dies) throw new Error('dead'); return store.finish(...finish); } };
    let calls = 0;
    const parent = async (context: AgentContext): Promise<void> => { await context.step('before', () => 1); await context.child('sub', 'sub', {}); await context.step('after', () => 1); };
    const child = async (context: AgentContext): Promise<unknown> => context.step('work', () => ++calls);
    const first = open(mortal, parent, child);
    await (await first.start({ id: 'r', definition: oneState, input })).settled().catch(() => {});
    await first.close();
    const second = open(store, parent, child);
    expect(await (await second.start({ id: 'r', definition: oneState, input })).result()).toMatchObject({ status: 'success' });
    verifyChain(await store.read('r'));
    verifyChain(await store.read(CHILD));
    expect((await store.read(CHILD)).filter((entry) => entry.kind === 'step' && entry.key.endsWith('/work#1'))).toHaveLength(1);
    expect(calls).toBeLessThanOrEqual(2);
    await second.close();
  }
});

test('cancel reaches a child, and a child that lost a race is cancelled and awaited', async () => {
  const store = memoryStore();
  const reached = deferred();
  let aborted = 0;
  const child = async (context: AgentContext): Promise<unknown> => context.step('long', (step) => { reached.resolve(); return untilAborted(step.signal).finally(() => { aborted++; }); });
  const engine = open(store, async (context) => { await context.child('sub', 'sub', {}); }, child);
  const run = await engine.start({ id: 'r', definition: oneState, input });
  await reached.promise;
  await run.cancel('over');
  expect(await run.result()).toMatchObject({ status: 'cancelled', message: 'over' });
  expect(await (await engine.watch(CHILD)).result()).toMatchObject({ status: 'cancelled' });
  expect(aborted).toBe(1);
  await engine.close();

  const racing = open(memoryStore(), async (context) => {
    await context.race<Json>('first', [async (branch) => branch.step('quick', () => delay(20, 1)), async (branch) => branch.child('sub', 'sub', {})]);
  }, child);
  const other = await racing.start({ id: 'r', definition: oneState, input });
  expect(await other.result()).toMatchObject({ status: 'success' });
  expect(await (await racing.watch('r/work#1/worker#1/first#1/1/sub#1')).result()).toMatchObject({ status: 'cancelled' });
  expect(aborted).toBe(2);
});

test('a child that failed is a value; a definition that nobody knows puts the run aside; 50 children side by side', async () => {
  const store = memoryStore();
  const seen: Json[] = [];
  const failing = open(store, async (context) => { seen.push(await context.child('sub', 'sub', {})); }, async () => { throw Object.assign(new Error('no'), { code: 'FW_NO' }); });
  expect(await (await failing.start({ id: 'r', definition: oneState, input })).result()).toMatchObject({ status: 'success' });
  expect(seen).toEqual([expect.objectContaining({ status: 'failed', code: 'FW_NO' })]);

  const unknown = open(memoryStore(), async (context) => { await context.child('sub', 'nobody', {}); }, async () => {});
  await expect((await unknown.start({ id: 'r', definition: oneState, input })).result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_NO_DEFINITION', message: expect.stringContaining('Known: sub') as string });

  const many = open(memoryStore(), async (context) => {
    await context.all('many', Array.from({ length: 50 }, (_, index) => async (branch: AgentContext) => branch.child('sub', 'sub', { goal: index })));
  }, async (context) => context.step('work', () => 1));
  expect(await (await many.start({ id: 'r', definition: oneState, input })).result()).toMatchObject({ status: 'success' });
});

test('names that begin with "!" are the engine\'s own', async () => {
  const engine = open(memoryStore(), async (context) => { await context.waitFor('!mine'); }, async () => {});
  const run = await engine.start({ id: 'r', definition: oneState, input });
  expect(await run.result()).toMatchObject({ status: 'failed', code: 'FW_WORKFLOW_ILLEGAL' });
  await expect(run.signal(`!child:${CHILD}`, {})).rejects.toMatchObject({ code: 'FW_SIGNAL_INVALID' });
});
