import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AgentContext, Json } from '@fw/agents-core';
import { memoryStore } from '@fw/workflow';
import type { JournalStore, RunHost, WorkflowDefinition, WorkflowEngine } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { oneState, openEngine, temporaryFile, untilAborted, worker } from './programs.ts';

const input = { goal: 'x' };
const twoStates: WorkflowDefinition = {
  specVersion: 1, name: 'two', version: '1', initial: 'build',
  states: { build: { capabilities: ['work'], on: { done: { to: 'check', event: 'built' } }, approval: { question: 'Good?', when: 'always' } }, check: { capabilities: ['work'], on: { done: { to: 'end', event: 'good' }, revise: { to: 'build', event: 'again' } } }, end: { final: 'success' } },
};

test('100 finished runs of every kind of operation replay with the same bytes, run nothing and write nothing', async () => {
  const store = sqliteStore(temporaryFile(), { synchronous: 'normal' });
  let calls = 0;
  const agents = [worker(async (context) => {
    const turn = Number((context.task as unknown as { turn: number }).turn);
    await context.step('say', () => { calls++; return { id: turn, large: 'x'.repeat(turn % 5 === 0 ? 70_000 : 10) }; }, { input: context.id() });
    await context.all('many', [0, 1, 2].map((index) => async (branch: AgentContext) => { await branch.step('one', () => delay((index * turn) % 3, ++calls)); return branch.step('two', () => ++calls); }), { concurrency: 2 });
    await context.race('first', [async (branch) => branch.step('quick', () => 1), async (branch) => branch.step('slow', (step) => untilAborted(step.signal)), async (branch) => { await branch.sleep(1e6); return 0; }]);
    await context.step('bad', () => { throw Object.assign(new Error('no'), { code: 'MY_CODE' }); }).catch(() => {});
    await context.step('once', () => context.now(), { effect: 'once' });
    if (turn % 3 === 0) await context.waitFor('go');
    if (context.state === 'check' && context.visit === 1) return { status: 'revise', artifacts: [], requests: [{ id: 'r', what: `turn ${turn}`, evidence: [] }] };
  })];
  const engine = openEngine({ store, agents, host: hostOfTree });
  for (let turn = 0; turn < 100; turn++) {
    const run = await engine.start({ id: `r${turn}`, definition: twoStates, input: { goal: 'x', turn } });
    for (const name of ['go', 'approve:build']) await run.signal(name, { decision: 'approve' });
    await answerAll(run, turn === 7);
    expect((await run.result()).status).toBe(turn === 7 ? 'cancelled' : 'success');
  }
  await engine.close();
  const before = calls;
  const offline = openEngine({ store: readOnly(store), agents, host: hostOfTree, pickUp: 'own' });
  for (let turn = 0; turn < 100; turn++) {
    const entries = await store.read(`r${turn}`);
    expect(await offline.replay(`r${turn}`)).toEqual({ entries: entries.length, head: entries.at(-1)!.hash, complete: true });
  }
  expect(calls).toBe(before);
  await offline.close();
  await store.close();
});

test('a replay tells what each step is asked with, the text whose digest the journal has', async () => {
  const store = memoryStore();
  const engine = openEngine({ store, agents: [worker(async (context) => {
    await context.step('a', () => 1, { input: { b: [1, 'ü'], a: undefined as unknown as Json } });
    await context.step('b', () => 2);
    await context.all('many', [0, 1].map((index) => (branch: AgentContext) => branch.step('one', () => index, { input: index })));
  })] });
  await (await engine.start({ id: 'r', definition: oneState, input })).result();
  const heard: [string, string][] = [];
  await engine.replay('r', { onInput: (key, text) => heard.push([key, text]) });
  expect(heard.map(([key, text]) => [key.split('/').slice(3).join('/'), text])).toEqual([['a#1', '{"b":[1,"ü"]}'], ['many#1/0/one#1', '0'], ['many#1/1/one#1', '1']]);
  const entries = await store.read('r');
  for (const [key, text] of heard) expect(createHash('sha256').update(text).digest('hex')).toBe(entries.find((entry) => entry.key === key)?.input);
});

test('a run that has not ended is replayed as far as it is', async () => {
  const store = memoryStore();
  const engine = openEngine({ store, agents: [worker(async (context) => { await context.step('a', () => 1); await context.waitFor('go'); })] });
  await (await engine.start({ id: 'r', definition: oneState, input })).settled();
  expect(await engine.replay('r')).toMatchObject({ complete: false, entries: (await store.read('r')).length });
});

test('a replay throws at the first difference: other steps, other inputs, other results, another end, other facts, a changed journal', async () => {
  const store = memoryStore();
  const work = async (context: AgentContext): Promise<void> => { await context.step('a', () => 1, { input: 1 }); await context.step('b', () => 2); };
  const artifact = (content: Json) => ({ status: 'done' as const, artifacts: [{ id: 'a', kind: 'k', title: 't', schema: 's@1', content, producer: { agent: 'w', version: '1', key: 'k' } }] });
  const first = openEngine({ store, agents: [worker(async (context) => { await work(context); return artifact(1); })] });
  await (await first.start({ id: 'r', definition: oneState, input })).result();
  const others: readonly [string, Parameters<typeof worker>[0]][] = [
    ['asks for', async (context) => { await context.step('b', () => 2); }],
    ['another input', async (context) => { await context.step('a', () => 1, { input: 2 }); }],
    ['asks for "r/work#1/leave#1"', async () => {}],
    ['leave#1" comes out differently', async (context) => { await work(context); return artifact(2); }],
    ['asks for', async (context) => { await work(context); await context.step('c', () => 1); }],
  ];
  for (const [says, other] of others) {
    await expect(openEngine({ store: readOnly(store), agents: [worker(other)], pickUp: 'own' }).replay('r')).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED', message: expect.stringContaining(says) as string });
  }
  const forged: JournalStore = { ...store, read: async (run, after) => (await store.read(run, after)).map((entry) => (entry.output === 2 ? { ...entry, output: 3 } : entry)) };
  await expect(openEngine({ store: forged, agents: [worker(work)], pickUp: 'own' }).replay('r')).rejects.toMatchObject({ code: 'FW_JOURNAL_BROKEN' });
  await expect(first.replay('nobody')).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNKNOWN_RUN' });
});

test('cancelled runs replay too, also one that was cancelled while it could not go on', async () => {
  const store = memoryStore();
  const engine = openEngine({ store, agents: [worker(async (context) => { await context.all('both', [async (branch) => branch.step('long', (step) => untilAborted(step.signal)), async (branch) => (await branch.waitFor<number>('x')) ?? 0]); })] });
  const run = await engine.start({ id: 'r', definition: oneState, input });
  await delay(20);
  await run.cancel('enough');
  await run.result();
  expect(await engine.replay('r')).toMatchObject({ complete: true });
  const waiting = openEngine({ store, agents: [worker(async (context) => { await context.waitFor('x'); })] });
  const other = await waiting.start({ id: 's', definition: oneState, input });
  await other.settled();
  await waiting.close();
  const without = openEngine({ store, agents: [] });
  await (await without.watch('s')).cancel('nobody can do it');
  expect(await (await without.watch('s')).result()).toMatchObject({ status: 'cancelled' });
  expect(await openEngine({ store, agents: [worker(async (context) => { await context.waitFor('x'); })] }).replay('s')).toMatchObject({ complete: true });
});

const readOnly = (store: JournalStore): JournalStore => {
  const refuse = (): never => { throw new Error('A replay writes nothing.'); };
  return { ...store, append: refuse, create: refuse, claim: refuse, finish: refuse, ask: refuse, answer: refuse, blobs: { put: refuse, get: (blob) => store.blobs.get(blob) } };
};

/** Facts are a function of what has settled. */
function hostOfTree(): RunHost {
  let settled = 0;
  return { context: () => () => ({}) as never, facts: () => ({ evidence: [], guards: {}, tree: String(settled) }), settled: () => { settled++; } };
}

async function answerAll(run: Awaited<ReturnType<WorkflowEngine['start']>>, isCancelled: boolean): Promise<void> {
  for (let asked = 0; asked < 10; asked++) {
    const state = await run.settled();
    if (state.status !== 'waiting') return;
    if (isCancelled) return run.cancel('enough');
    for (const { name } of state.questions) await run.signal(name, { decision: 'approve' }).catch(() => {});
    await delay(0);
  }
}

