import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Agent, AgentContext, Json } from '@fw/agents-core';
import { createLocalEngine, defineWorkflow, memoryStore, projectEntries } from '@fw/workflow';
import type { JournalStore } from '@fw/workflow';

const one = defineWorkflow({ specVersion: 1, name: 'one', version: '1', initial: 'work', states: { work: { capabilities: ['work'], on: { done: { to: 'end', event: 'finished' } } }, end: { final: 'success' } } });
const worker = (work: (context: AgentContext) => Promise<void>): Agent => ({ specVersion: 1, name: 'worker', capabilities: ['work'], process: async (context) => { await work(context); return { status: 'done', artifacts: [] }; } });
const entriesOf = async (store: JournalStore, id: string) => projectEntries(await store.read(id));

test('runs steps once and journals what they returned', async () => {
  const store = memoryStore();
  let calls = 0;
  const seen: Json[] = [];
  const engine = createLocalEngine({ store, agents: [worker(async (context) => {
    seen.push(await context.step('add', () => ++calls));
    seen.push(...(await context.all('both', [async (branch) => branch.step('a', () => 'a'), async (branch) => branch.step('b', async () => { await delay(5); return 'b'; })])));
  })] });
  const run = await engine.start({ id: 'r1', definition: one, input: { goal: 'x' } });
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(seen).toEqual([1, 'a', 'b']);
  expect((await entriesOf(store, 'r1')).map((entry) => entry.key)).toEqual(['r1/workflow#1', 'r1/work#1/enter#1', 'r1/work#1/worker#1/add#1', 'r1/work#1/worker#1/both#1/0/a#1', 'r1/work#1/worker#1/both#1/1/b#1', 'r1/work#1/leave#1', 'r1/!end']);
  await engine.close();
});

test('a run that waits for a person is put down and continues with the answer, in another engine too', async () => {
  const store = memoryStore();
  let calls = 0;
  const agents = [worker(async (context) => {
    await context.step('before', () => ++calls);
    const answer = await context.waitFor<{ ok: boolean }>('approve:it', { question: 'really?' });
    await context.step('after', () => ({ answer: answer ?? null }));
  })];
  const first = createLocalEngine({ store, agents });
  const run = await first.start({ id: 'r1', definition: one, input: { goal: 'x' } });
  expect(await run.settled()).toMatchObject({ status: 'waiting', code: 'FW_RUN_WAITING', questions: [{ name: 'approve:it', question: 'really?' }] });
  await first.close();
  const second = createLocalEngine({ store, agents });
  const again = await second.attach('r1');
  await again.signal('approve:it', { ok: true });
  expect(await again.result()).toMatchObject({ status: 'success' });
  await expect(again.signal('approve:it', { ok: false })).rejects.toMatchObject({ code: 'FW_SIGNAL_ANSWERED' });
  expect(calls).toBe(1);
  await second.close();
});

test('cancel reaches the step in flight and ends the run', async () => {
  const store = memoryStore();
  const engine = createLocalEngine({ store, agents: [worker(async (context) => {
    await context.step('long', async (step) => { await delay(60_000, undefined, { signal: step.signal }); return 1; });
  })] });
  const run = await engine.start({ id: 'r1', definition: one, input: { goal: 'x' } });
  await delay(20);
  await run.cancel('changed my mind');
  expect(await run.result()).toMatchObject({ status: 'cancelled', message: 'changed my mind' });
  await engine.close();
});
