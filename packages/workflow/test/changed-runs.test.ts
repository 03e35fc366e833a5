import { assert, asyncProperty, array, constantFrom, nat, record } from 'fast-check';
import { expect, test } from 'vitest';
import type { Agent, AgentContext, Result } from '@fw/agents-core';
import { createLocalEngine, defineWorkflow, memoryStore, transition, verifyChain } from '@fw/workflow';
import type { JournalStore, Migrate, RunHost, RunState, WorkflowDefinition, WorkflowEngine } from '@fw/workflow';
import { applyLeave, firstState, leaveOutput } from '../src/run-state.ts';
import { openEngine, untilAborted } from './programs.ts';

const input = { goal: 'x' };
const first: WorkflowDefinition = {
  specVersion: 1, name: 'm', version: '1', initial: 'draft',
  states: { draft: { capabilities: ['write'], slack: 1, on: { done: { to: 'check', event: 'drafted' }, revise: { to: 'draft', event: 'again' } } }, check: { capabilities: ['check'], on: { done: { to: 'end', event: 'good' }, revise: { to: 'draft', event: 'bad' } } }, end: { final: 'success' } },
};
const second: WorkflowDefinition = {
  specVersion: 1, name: 'm', version: '2', initial: 'outline',
  states: { outline: { capabilities: ['write'], on: { done: { to: 'review', event: 'drafted' }, revise: { to: 'outline', event: 'again' } } }, review: { capabilities: ['check'], on: { done: { to: 'polish', event: 'good' }, revise: { to: 'outline', event: 'bad' } } }, polish: { capabilities: ['write'], on: { done: { to: 'end', event: 'done' } } }, end: { final: 'success' } },
};
const agentsOf = (calls: string[]): readonly Agent[] => [
  { specVersion: 1, name: 'writer', capabilities: ['write'], process: async (context) => { await context.step('write', (step) => calls.push(step.key)); return { status: 'done', artifacts: [note(context)] }; } },
  { specVersion: 1, name: 'checker', capabilities: ['check'], process: async (context) => { await context.step('look', (step) => calls.push(step.key)); await context.waitFor('ok'); return { status: 'done', artifacts: [note(context)] }; } },
];
const note = (context: AgentContext) => ({ id: `${context.state}${context.visit}`, kind: 'note', title: 'n', schema: 'n@1', content: context.random(), producer: { agent: 'a', version: '1', key: context.path } });
const open = (store: JournalStore, calls: string[] = []): WorkflowEngine => openEngine({ store, agents: agentsOf(calls) });

async function waiting(): Promise<{ readonly store: JournalStore; readonly calls: string[] }> {
  const store = memoryStore();
  const calls: string[] = [];
  const engine = open(store, calls);
  await (await engine.start({ id: 'r', definition: first, input })).settled();
  await engine.close();
  return { store, calls };
}

test('another definition is refused with the differences, and nothing is written', async () => {
  const { store } = await waiting();
  const before = await store.read('r');
  const engine = open(store);
  const changed = { ...first, states: { ...first.states, check: { ...first.states['check']!, capabilities: ['check', 'audit?'] } } } as WorkflowDefinition;
  for (const refused of [engine.start({ id: 'r', definition: changed, input }), engine.attach('r', { definition: changed })]) {
    await expect(refused).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED', message: expect.stringContaining('definition.states.check.capabilities: ["check"] → ["check","audit?"]') as string, details: ['definition.states.check.capabilities: ["check"] → ["check","audit?"]'] });
  }
  await expect(engine.start({ id: 'r', definition: first, input: { goal: 'y' } })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED', message: expect.stringContaining('input.goal: "x" → "y"') as string });
  expect(await store.read('r')).toEqual(before);
});

test('a fingerprint of named parts says which part changed; limits of a definition are not in it', async () => {
  const store = memoryStore();
  const engine = open(store);
  await (await engine.start({ id: 'r', definition: first, input, fingerprint: { prompts: { writer: 'a1' }, tools: 't' } })).settled();
  await expect(engine.start({ id: 'r', definition: first, input, fingerprint: { prompts: { writer: 'b2' }, tools: 't' } })).rejects.toMatchObject({ details: ['fingerprint.prompts.writer: "a1" → "b2"'] });
  await engine.start({ id: 'r', definition: first, input, fingerprint: { tools: 't', prompts: { writer: 'a1' } } });
  await (await engine.start({ id: 's', definition: first, input })).settled();
  const looser = { ...first, states: { ...first.states, draft: { ...first.states['draft']!, slack: 9 } } } as WorkflowDefinition;
  await engine.start({ id: 's', definition: looser, input });
  await expect(engine.start({ id: 's', definition: { ...looser, states: { ...looser.states, draft: { ...looser.states['draft']!, timeoutMs: 5 } } } as WorkflowDefinition, input })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED' });
});

test('a pinned run finishes on the definition that it began with', async () => {
  const { store, calls } = await waiting();
  const engine = open(store, calls);
  const run = await engine.start({ id: 'r', definition: second, input, changed: 'pinned' });
  await run.signal('ok', 1);
  expect(await run.result()).toMatchObject({ status: 'success', state: { visits: { draft: 1, check: 1, end: 1 } } });
  expect(calls).toEqual(['r/draft#1/writer#1/write#1', 'r/check#1/checker#1/look#1']);
});

const migrate: Migrate = ({ state }) => {
  const names: { readonly [name: string]: string } = { draft: 'outline', check: 'review', end: 'end' };
  const renamed = <T>(by: { readonly [name: string]: T }): { [name: string]: T } => Object.fromEntries(Object.entries(by).map(([name, value]) => [names[name]!, value]));
  return { state: { ...state, state: names[state.state]!, visits: renamed(state.visits), progress: renamed(state.progress) } };
};

test('a migrated run goes on in the new definition where the function says, keeps what it made, and repeats nothing', async () => {
  const { store, calls } = await waiting();
  let told: unknown;
  const engine = open(store, calls);
  const run = await engine.attach('r', { definition: second, changed: (old) => { told = old; return migrate(old); } });
  expect(told).toMatchObject({ id: 'r', input, definition: first, uncertain: [], state: { state: 'check', visits: { draft: 1, check: 1 }, artifacts: [{ id: 'draft1' }] } });
  expect((await run.settled())).toMatchObject({ status: 'waiting', questions: [{ name: 'ok', ordinal: 2 }] });
  await engine.close();
  const third = open(store, calls);
  const again = await third.start({ id: 'r', definition: second, input });
  await again.signal('ok', 1);
  expect(await again.result()).toMatchObject({ status: 'success', state: { visits: { outline: 1, review: 1, polish: 1, end: 1 }, artifacts: [{ id: 'draft1' }, { id: 'review1' }, { id: 'polish1' }] } });
  expect(calls).toEqual(['r/draft#1/writer#1/write#1', 'r/check#1/checker#1/look#1', 'r/migrated#1/review#1/checker#1/look#1', 'r/migrated#1/polish#1/writer#1/write#1']);
  verifyChain(await store.read('r'));
  expect(await third.replay('r')).toMatchObject({ complete: true, entries: (await store.read('r')).length });
  const entries = await store.read('r');
  expect(entries.filter((entry) => entry.key.includes('!migrate'))).toHaveLength(1);
  expect(new Set(entries.filter((entry) => entry.kind !== 'begin').map((entry) => JSON.stringify(entry.order))).size).toBe(entries.filter((entry) => entry.kind !== 'begin').length);
});

test('a migration that makes no sense leaves the run as it was', async () => {
  const { store, calls } = await waiting();
  const before = { entries: await store.read('r'), record: await store.get('r') };
  const engine = open(store, calls);
  const bad: readonly Migrate[] = [
    ({ state }) => ({ state }), () => undefined as never, () => { throw new Error('not today'); }, ({ state }) => ({ state: { ...state, state: 'constructor' } }), ({ state }) => ({ state: { ...state, state: 'review' }, input: 1n as never }),
  ];
  for (const changed of bad) await expect(engine.attach('r', { definition: second, changed })).rejects.toThrow(/FW_|not a state|not today/);
  expect(await store.read('r')).toEqual(before.entries);
  expect(await store.get('r')).toMatchObject({ status: 'waiting', questions: before.record!.questions });
  const run = await engine.attach('r');
  await run.signal('ok', 1);
  expect(await run.result()).toMatchObject({ status: 'success' });
});

test('a migration is told of a step that may run only once and did not finish', async () => {
  const store = memoryStore();
  const paying = (gate: (signal: AbortSignal) => Promise<number>): readonly Agent[] => [{ specVersion: 1, name: 'a', capabilities: ['write', 'check'], process: async (context) => { if (context.state === 'draft') await context.step('pay', (step) => gate(step.signal), { effect: 'once' }); return { status: 'done', artifacts: [] }; } }];
  const reached = Promise.withResolvers<void>();
  const engine = createLocalEngine({ store, agents: paying((signal) => { reached.resolve(); return untilAborted(signal); }) });
  await engine.start({ id: 'r', definition: first, input });
  await reached.promise;
  await engine.close();
  let uncertain: readonly string[] = [];
  const run = await openEngine({ store, agents: paying(async () => 1) }).attach('r', { definition: second, changed: (old) => { uncertain = old.uncertain; return migrate(old); } });
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(uncertain).toEqual(['r/draft#1/a#1/pay#1']);
});

test('a budget that ran out pauses the run, and a raised one resumes it', async () => {
  const store = memoryStore();
  let calls = 0;
  const hostWith = (budget: number) => (): RunHost => ({
    context: () => (_durable, port) => ({ model: { generate: async () => (await port.leaf('model', () => { if (calls >= budget) throw Object.assign(new Error('The budget is spent.'), { code: 'FW_BUDGET' }); return { output: ++calls }; }, { origin: 'model', pauses: (error) => error as { code: string; message: string } })).output } }) as never,
    facts: () => ({ evidence: [], guards: {} }),
  });
  const agents: readonly Agent[] = [{ specVersion: 1, name: 'a', capabilities: ['write', 'check'], process: async (context) => { await context.model.generate({} as never); return { status: 'done', artifacts: [] }; } }];
  const poor = openEngine({ store, agents, host: hostWith(1) });
  expect(await (await poor.start({ id: 'r', definition: first, input })).settled()).toMatchObject({ status: 'waiting', code: 'FW_BUDGET' });
  await poor.close();
  const run = await openEngine({ store, agents, host: hostWith(2) }).start({ id: 'r', definition: first, input });
  expect(await run.result()).toMatchObject({ status: 'success' });
  expect(calls).toBe(2);
});

test('the moves that a journal keeps are the state of the run, whatever happened', async () => {
  const machine = defineWorkflow({
    specVersion: 1, name: 'w', version: '1', initial: 'a',
    states: { a: { capabilities: ['x'], slack: 2, on: { done: { to: 'b', event: 'e' }, revise: { to: 'a', event: 'again' }, failed: { to: 'b', event: 'no' } } }, b: { capabilities: ['y'], on: { done: { to: 'end', event: 'e' }, revise: { to: 'a', event: 'back' }, failed: { to: 'a', event: 'retry' } } }, end: { final: 'success' } },
  });
  await assert(asyncProperty(array(record({ status: constantFrom('done', 'revise', 'failed'), tree: nat(3), what: nat(3), better: nat(2) }), { maxLength: 12 }), async (rounds) => {
    let state: RunState = firstState('a');
    let rebuilt: RunState = firstState('a');
    for (const [index, round] of rounds.entries()) {
      if (state.state === 'end' || state.state === 'failed') break;
      const artifacts = [{ id: String(index), kind: 'k', title: 't', schema: 's@1', content: index, producer: { agent: 'a', version: '1', key: 'k' } }];
      const result = { status: round.status, artifacts, requests: [{ id: 'r', what: String(round.what), evidence: [] }], code: 'C', message: 'm' } as unknown as Result;
      const next = transition(machine, state, result, { evidence: [], guards: {}, tree: String(round.tree), vector: [round.better] });
      rebuilt = applyLeave(rebuilt, JSON.parse(JSON.stringify(leaveOutput(state, next))) as ReturnType<typeof leaveOutput>);
      expect(rebuilt).toEqual(next);
      state = next;
    }
  }), { numRuns: 500 });
});
