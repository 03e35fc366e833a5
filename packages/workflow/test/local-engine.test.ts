import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Json } from '@fw/agents-core';
import { createLocalEngine, defineWorkflow, memoryStore, projectEntries } from '@fw/workflow';
import type { JournalStore, WorkflowDefinition } from '@fw/workflow';
import { oneState as one, openEngine, worker } from './programs.ts';

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

test('many starts and attaches of one run in one engine drive it once', async () => {
  const store = memoryStore();
  let calls = 0;
  const engine = createLocalEngine({ store, agents: [worker(async (context) => { await context.step('slow', () => delay(20, ++calls)); })] });
  const handles = await Promise.all(Array.from({ length: 10 }, async (_, index) => {
    const run = await engine.start({ id: 'r1', definition: one, input: { goal: 'x' } });
    return index % 2 ? engine.attach('r1') : run;
  }));
  const outcomes = await Promise.all(handles.map((run) => run.result()));
  expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
  expect(calls).toBe(1);
  await engine.close();
});

test('a timer counts from when it was first set, also when the process that set it died', async () => {
  const store = memoryStore();
  let time = 1_000;
  const dying: JournalStore = { ...store, release: async () => { throw new Error('killed'); } };
  const agents = [worker(async (context) => { await context.sleep(60_000); await context.step('after', () => 1); })];
  const first = createLocalEngine({ store: dying, agents, clock: () => time, leaseMs: 500 });
  const run = await first.start({ id: 'r1', definition: one, input: { goal: 'x' } });
  while ((await store.read('r1')).length < 3) await delay(2);
  await first.close();
  await expect(run.result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_CLOSED' });
  time += 60_000;
  const second = createLocalEngine({ store, agents, clock: () => time });
  expect(await (await second.attach('r1')).result()).toMatchObject({ status: 'success' });
  expect((await store.read('r1')).filter((entry) => entry.kind === 'begin' && entry.key.endsWith('/sleep#1'))).toHaveLength(1);
  await second.close();
});

test('an answer given in one process reaches the one that drives the run', async () => {
  const store = memoryStore();
  const gate = Promise.withResolvers<number>();
  let answer: unknown;
  const driver = createLocalEngine({ store, agents: [worker(async (context) => {
    await context.all('both', [async (branch) => branch.step('busy', () => gate.promise), async (branch) => { answer = await branch.waitFor('go'); gate.resolve(1); return 1; }]);
  })] });
  const other = createLocalEngine({ store });
  const run = await driver.start({ id: 'r1', definition: one, input: { goal: 'x' } });
  await (await other.watch('r1')).signal('go', 'from elsewhere');
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(answer).toBe('from elsewhere');
  await Promise.all([driver.close(), other.close()]);
});

test('a due run is picked up by any engine that is open, and by one that picks up its own runs only if it is its own', async () => {
  const store = memoryStore();
  const agents = [worker(async (context) => { await context.step('a', () => 1); })];
  await store.create({ id: 'r1', definition: one, input: { goal: 'x' }, fingerprint: 'f' }, Date.now());
  const own = createLocalEngine({ store, agents, pickUp: 'own' });
  const watching = (await own.watch('r1')).result();
  await delay(700);
  expect(await store.get('r1')).toMatchObject({ status: 'running' });
  const all = createLocalEngine({ store, agents });
  expect(await watching).toMatchObject({ status: 'success' });
  await Promise.all([own.close(), all.close()]);
});

test('a state that takes longer than its time leaves by its timeout arrow, or fails', async () => {
  const timed = (on: object): WorkflowDefinition => defineWorkflow({ ...one, states: { ...one.states, work: { capabilities: ['work'], timeoutMs: 500, on: { done: { to: 'end', event: 'finished' }, ...on } }, late: { final: 'failed' } } as never });
  const store = memoryStore();
  const agents = [worker(async (context) => { await context.step('long', (step) => delay(60_000, 1, { signal: step.signal })); })];
  const engine = createLocalEngine({ store, agents });
  const late = await engine.start({ id: 'r1', definition: timed({ timeout: { to: 'late', event: 'too-late' } }), input: 1 });
  expect(await late.result()).toMatchObject({ status: 'failed', state: { state: 'late', last: { event: 'too-late', outcome: 'timeout', code: 'FW_STEP_TIMEOUT' } } });
  expect((await entriesOf(store, 'r1')).find((entry) => entry.key.endsWith('/long#1'))).toMatchObject({ kind: 'failed', error: { code: 'FW_WORKFLOW_ABORTED' } });
  await engine.close();
});

test('a person is asked before a state is left, and sends it back with a reason', async () => {
  const asking = defineWorkflow({ ...one, states: { ...one.states, work: { capabilities: ['work'], approval: { question: 'Good?', when: 'always' }, on: { done: { to: 'end', event: 'finished' }, revise: { to: 'work', event: 'again' } } } } });
  const requests: Json[] = [];
  const engine = createLocalEngine({ store: memoryStore(), agents: [worker(async (context) => { await context.step('see', () => { requests.push(context.requests.map((request) => request.what)); return 1; }); })] });
  const run = await engine.start({ id: 'r1', definition: asking, input: { goal: 'x' } });
  expect(await run.settled()).toMatchObject({ questions: [{ name: 'approve:work', ordinal: 1, question: { gate: 'work', question: 'Good?' } }] });
  await run.signal('approve:work', { decision: 'reject', message: 'shorter' });
  for (let asked = await run.settled(); asked.status !== 'waiting' || asked.questions[0]?.ordinal !== 2; asked = await run.settled()) await delay(5);
  await run.signal('approve:work', { decision: 'approve' });
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(requests).toEqual([[], ['shorter']]);
  await engine.close();
});

test('names of guards that the host does not answer are said before anything runs', async () => {
  const guarded = defineWorkflow({ ...one, states: { ...one.states, work: { capabilities: ['work'], on: { done: { to: 'end', event: 'finished', guard: 'measured' } } } } });
  const store = memoryStore();
  const engine = createLocalEngine({ store, agents: [worker(async () => {})] });
  const run = await engine.start({ id: 'r1', definition: guarded, input: { goal: 'x' } });
  await expect(run.result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_ILLEGAL', message: expect.stringContaining('"measured"') as string });
  expect(await store.read('r1')).toEqual([]);
  await engine.close();
});

test('an agent that awaits something of its own is said to stall', async () => {
  const engine = createLocalEngine({ store: memoryStore(), agents: [worker(async () => { await new Promise(() => {}); })] });
  const run = await engine.start({ id: 'r1', definition: one, input: { goal: 'x' } });
  await expect(run.result()).rejects.toMatchObject({ code: 'FW_WORKFLOW_STALLED' });
  await engine.close();
});

test('a run that another engine holds is not driven twice: attaching is refused, watching is not', async () => {
  const store = memoryStore();
  const gate = Promise.withResolvers<number>();
  const [first, second] = [0, 1].map(() => openEngine({ store, agents: [worker(async (context) => { await context.step('slow', () => gate.promise); })] }));
  await first!.start({ id: 'r1', definition: one, input: { goal: 'x' } });
  await expect(second!.attach('r1')).rejects.toMatchObject({ code: 'FW_WORKFLOW_LEASED' });
  const watching = (await second!.watch('r1')).result();
  gate.resolve(1);
  expect(await watching).toMatchObject({ status: 'success' });
});

test('a run of an engine on another platform is left alone: it is neither picked up nor answered nor cancelled here', async () => {
  const store = memoryStore();
  await store.create({ id: 'r1', definition: one, input: { goal: 'x' }, fingerprint: 'f' }, 1);
  const { token } = (await store.claim('r1', { holder: '@elsewhere|host|1', now: 1, ttlMs: 1 }))!;
  await store.release('r1', token, { now: 2, status: 'running' });
  const engine = openEngine({ store, agents: [worker(async () => {})] });
  const leased = { code: 'FW_WORKFLOW_LEASED' };
  await expect(engine.attach('r1')).rejects.toMatchObject(leased);
  const run = await engine.watch('r1');
  await expect(run.signal('go', 1)).rejects.toMatchObject(leased);
  await expect(run.cancel('no')).rejects.toMatchObject(leased);
  expect(await store.get('r1')).toMatchObject({ status: 'running', holder: '@elsewhere|host|1' });
});

test('a run whose process on this machine has died is taken up at once, before its lease ends', async () => {
  const store = memoryStore();
  await store.create({ id: 'r1', definition: one, input: { goal: 'x' }, fingerprint: 'f' }, Date.now());
  // A process of this machine with that number began at another time.
  await store.claim('r1', { holder: [hostname(), process.pid, 'earlier'].join('|'), now: Date.now(), ttlMs: 3_600_000 });
  const engine = openEngine({ store, agents: [worker(async () => {})] });
  expect(await (await engine.watch('r1')).result()).toMatchObject({ status: 'success' });
});
