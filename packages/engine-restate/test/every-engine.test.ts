import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { AgentContext, Json } from '@fw/workflow';
import { createLocalEngine, defineWorkflow, memoryStore, projectEntries, verifyChain } from '@fw/workflow';
import type { WorkflowDefinition, WorkflowEngine } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';
import { oneState } from './one-state.ts';
import { entriesOf, openEngine, temporaryFolder, untilAborted, worker } from './programs.ts';
import { freePorts, startRestateServer } from '@fw/engine-restate/server';
import type { RestateServer } from '@fw/engine-restate/server';

let server: RestateServer;
beforeAll(async () => { server = await startRestateServer(); });
afterAll(() => server?.close());

const child: WorkflowDefinition = defineWorkflow({
  specVersion: 1, name: 'child', version: '1', initial: 'help',
  states: { help: { capabilities: ['help'], on: { done: { to: 'end', event: 'helped' } } }, end: { final: 'success' } },
});
const helper = worker(async (context) => { await context.step('help', () => context.task.goal); }, { name: 'helper', capabilities: ['help'] });

const agents = [worker(async (context) => {
  const id = context.id();
  await context.step('say', () => ({ id, token: 'a secret' }), { input: { a: 1 } });
  await context.step('large', () => 'x'.repeat(100_000));
  await context.step('pay', () => 'paid', { effect: 'once' });
  for (const thrown of [Object.assign(new Error('no'), { code: 'MY_CODE' }), null, 'text', 17, { code: 7, message: {} }, Object.create(null), new Proxy({}, { get() { throw new Error('trap'); } })]) {
    await context.step('bad', () => { throw thrown; }).catch(() => {});
  }
  await context.step('undefined', () => undefined as unknown as Json);
  await context.step('cycle', () => { const cycle: { self?: unknown } = {}; cycle.self = cycle; return cycle as Json; }).catch(() => {});
  await context.all('many', [0, 1, 2].map((index) => async (branch: AgentContext) => { await branch.step('one', () => delay(5 - index, index)); await branch.sleep(index * 5); return branch.step('two', () => index); }), { concurrency: 2 });
  await context.race('first', [async (branch) => branch.step('quick', () => 1), async (branch) => branch.step('slow', (step) => untilAborted(step.signal)), async (branch) => (await branch.waitFor<number>('never')) ?? 0, async (branch) => { await branch.sleep(3_600_000); return 0; }]);
  await context.waitFor('limited', { timeoutMs: 20 });
  await context.waitFor('early', { schema: { type: 'string' } }).catch(() => {});
  const child = await context.child('helper', 'child', { goal: 'help me' });
  await context.step('child said', () => (child as { status: Json }).status);
  await context.waitFor('asked', { question: 'well? a secret' });
  const [before] = [context.now(), await context.sleep(20)];
  await context.step('time went on', () => context.now() >= before + 20);
}), helper];
const redact = (value: Json): Json => JSON.parse(JSON.stringify(value).replaceAll('secret', '***')) as Json;

/** Projections of the run and of the one that it begins. */
async function runOn(engine: WorkflowEngine): Promise<readonly unknown[]> {
  onTestFinished(() => engine.close());
  const run = await engine.start({ id: 'r', definition: oneState, input: { goal: 'x' } });
  await run.signal('early', 17);
  for (;;) {
    const waiting = await run.settled();
    const question = waiting.status === 'waiting' ? waiting.questions.find(({ name }) => name === 'asked') : undefined;
    if (question) expect(question).toEqual({ name: 'asked', ordinal: 1, question: 'well? a ***' });
    if (question || waiting.status !== 'waiting') break;
    await delay(5);
  }
  await run.signal('asked', { by: 'a secret' });
  expect(await run.result()).toMatchObject({ status: 'success' });
  const entries = await entriesOf(run);
  verifyChain(entries);
  expect(await engine.replay('r')).toMatchObject({ complete: true });
  const projections = [];
  for await (const { id } of engine.list()) projections.push([id, projectEntries(await entriesOf(await engine.watch(id)))]);
  return projections.sort();
}

test('the same definition and agents give the same projection in memory, on SQLite and on Restate', async () => {
  const [port] = await freePorts(1);
  const options = { agents, definitions: [child], redact };
  const inMemory = await runOn(createLocalEngine({ ...options, store: memoryStore() }));
  const onSqlite = await runOn(createLocalEngine({ ...options, store: sqliteStore(join(temporaryFolder(), 'journal.db')) }));
  const onRestate = await runOn(openEngine({ ...options, store: memoryStore(), restate: server, worker: { port: port! } }));
  expect(onSqlite).toEqual(inMemory);
  expect(onRestate).toEqual(inMemory);
});
