import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Agent, AgentContext, Json } from '@fw/agents-core';
import { memoryStore, verifyChain } from '@fw/workflow';
import type { HostedRun, RunHost, WorkflowDefinition, WorkflowEngine } from '@fw/workflow';
import { deferred, oneState, openEngine, temporaryFile, untilAborted, worker } from './programs.ts';

const input = { goal: 'x' };
const delivery: WorkflowDefinition = {
  specVersion: 1, name: 'd', version: '1', initial: 'design',
  states: { design: { capabilities: ['design'], on: { done: { to: 'code', event: 'designed' }, revise: { to: 'design', event: 'again' } }, approval: { question: 'Good?', when: 'always' } }, code: { capabilities: ['code'], on: { done: { to: 'end', event: 'coded' } } }, end: { final: 'success' } },
};

/** A model that counts its calls and a workspace of real files, whose trees are kept by their hash. */
function world() {
  const folder = dirname(temporaryFile());
  const models: string[] = [];
  const hosted: HostedRun[] = [];
  const treeOf = (files: string): string => createHash('sha256').update(readdirSync(files).sort().map((name) => `${name}:${readFileSync(join(files, name), 'utf8')}`).join('\n')).digest('hex');
  const host = (run: HostedRun): RunHost => {
    hosted.push(run);
    const files = join(folder, 'files', encodeURIComponent(run.id));
    let settled: string | undefined = run.forkedFrom?.tree;
    let onDisk: string | undefined;
    const ensure = (): void => {
      if (onDisk !== undefined && onDisk === settled) return;
      rmSync(files, { recursive: true, force: true });
      mkdirSync(files, { recursive: true });
      if (settled !== undefined) cpSync(join(folder, 'trees', settled), files, { recursive: true });
      onDisk = settled;
    };
    const model = (run.forkedFrom?.change as { model?: string } | undefined)?.model ?? 'first';
    return {
      context: (agent) => (_durable, port) => ({
        model: { generate: async (request: Json) => (await port.leaf('model', (step) => { models.push(step.key); return { output: `${model} ${agent.name} ${models.length}` }; }, { origin: 'model', effect: 'idempotent', input: request })).output },
        workspace: {
          write: async (name: string, content: string) => {
            const { tree } = await port.leaf('write', () => {
              ensure();
              writeFileSync(join(files, name), content);
              const hash = treeOf(files);
              if (!existsSync(join(folder, 'trees', hash))) cpSync(files, join(folder, 'trees', hash), { recursive: true });
              onDisk = hash;
              return { output: null, tree: hash };
            }, { origin: 'workspace', effect: 'idempotent', input: { name, content } });
            settled = tree;
          },
          read: async (name: string) => (await port.leaf('read', () => { ensure(); return { output: readFileSync(join(files, name), 'utf8') }; }, { origin: 'workspace', input: name })).output,
        },
      }) as never,
      facts: () => ({ evidence: [], guards: {}, ...(settled !== undefined && { tree: settled }) }),
      settled: (entry) => { if (entry.tree !== undefined) settled = entry.tree; },
    };
  };
  return { models, hosted, host, filesOf: (id: string) => join(folder, 'files', encodeURIComponent(id)), treeOf };
}
const agents: readonly Agent[] = ['design', 'code'].map((capability) => ({
  specVersion: 1, name: `${capability}r`, capabilities: [capability],
  async process(context: AgentContext) {
    const plan = await context.model.generate({ ask: context.state } as never) as unknown as string;
    await context.workspace.write(`${context.state}.txt`, plan);
    await context.all('parts', [0, 1].map((index) => async (branch: AgentContext) => { await branch.model.generate({ part: index } as never); await branch.step('note', () => index); }));
    const last = await context.model.generate({ more: context.id() } as never) as unknown as string;
    await context.workspace.write('last.txt', `${await context.workspace.read(`${context.state}.txt`)} ${last}`);
    return { status: 'done', artifacts: [{ id: context.state, kind: 'note', title: 't', schema: 'n@1', content: plan, producer: { agent: 'a', version: '1', key: context.path } }] };
  },
}));

async function finish(engine: WorkflowEngine, id: string): Promise<void> {
  const run = await engine.watch(id);
  for (;;) {
    const state = await run.settled();
    if (state.status !== 'waiting') return expect(state.status).toBe('success');
    await run.signal('approve:design', { decision: 'approve' }).catch(() => {});
  }
}

test('a fork at any step takes over what was settled without a call of a model, with the files of that step, and goes on with keys of its own', async () => {
  const store = memoryStore();
  const { models, host, filesOf, treeOf } = world();
  const engine = openEngine({ store, agents, host });
  await engine.start({ id: 'r', definition: delivery, input });
  await finish(engine, 'r');
  const entries = await store.read('r');
  const all = models.splice(0);
  expect(all).toHaveLength(8);
  for (let at = 0; at <= entries.length; at++) {
    const taken = entries.slice(0, at).filter((entry) => entry.kind === 'step' && entry.origin === 'model');
    const fork = await engine.fork('r', { at });
    await finish(engine, fork.id);
    const calls = models.splice(0);
    expect(calls.length).toBe(all.length - taken.length);
    expect(calls.every((key) => key.startsWith(`${fork.id}/`))).toBe(true);
    const forked = await store.read(fork.id);
    verifyChain(forked);
    const prefix = forked.slice(0, entries.slice(0, Math.min(at, entries.length - 1)).filter((entry) => entry.kind !== 'begin').length);
    expect(prefix.map(({ key, output, tree }) => ({ key: key.slice(fork.id.length), output, tree }))).toEqual(entries.slice(0, at).filter((entry) => entry.kind !== 'begin' && entry.kind !== 'run').map(({ key, output, tree }) => ({ key: key.slice(1), output, tree })));
    if (calls.length > 0) expect(treeOf(filesOf(fork.id))).toBe(forked.findLast((entry) => entry.tree !== undefined)?.tree);
    expect(await store.get(fork.id)).toMatchObject({ forkedFrom: { run: 'r', entries: prefix.length } });
    expect(await engine.replay(fork.id)).toMatchObject({ complete: true });
  }
  expect(await store.read('r')).toEqual(entries);
});

test('the host of a fork gets the files of that step and what is to be different', async () => {
  const store = memoryStore();
  const { host, hosted, models } = world();
  const engine = openEngine({ store, agents, host });
  await engine.start({ id: 'r', definition: delivery, input });
  await finish(engine, 'r');
  const entries = await store.read('r');
  const at = entries.find((entry) => entry.key.includes('code#1') && entry.tree !== undefined)!.seq;
  const before = models.length;
  const run = await engine.fork('r', { at, id: 'mine', change: { model: 'second' } });
  await finish(engine, 'mine');
  expect(run.id).toBe('mine');
  expect(hosted.findLast((given) => given.id === 'mine')?.forkedFrom).toMatchObject({ run: 'r', seq: at, tree: entries[at - 1]!.tree, change: { model: 'second' } });
  expect(models.length - before).toBe(3);
  const outputs = (await store.read('mine')).filter((entry) => entry.origin === 'model' && entry.kind === 'step').map((entry) => String(entry.output).split(' ')[0]);
  expect(outputs).toEqual(['first', 'first', 'first', 'first', 'first', 'second', 'second', 'second']);
  await expect(engine.fork('r', { at, id: 'mine' })).rejects.toMatchObject({ code: 'FW_WORKFLOW_CHANGED' });
  expect((await engine.fork('mine', { at: 0 })).id).toBe('mine-fork-1');
});

test('an approval is taken over while it is about the same, and asked for again when that changed', async () => {
  const store = memoryStore();
  const engine = openEngine({ store, agents, host: world().host });
  await engine.start({ id: 'r', definition: delivery, input });
  await finish(engine, 'r');
  const at = (await store.read('r')).length;
  const same = await engine.fork('r', { at, change: { model: 'second' } });
  expect(await same.result()).toMatchObject({ status: 'success' });
  const stricter = { ...delivery, states: { ...delivery.states, design: { ...delivery.states['design']!, approval: { question: 'Really good, and safe?', when: 'always' } } } } as WorkflowDefinition;
  const other = await engine.fork('r', { at, definition: stricter });
  expect(await other.settled()).toMatchObject({ status: 'waiting', questions: [{ name: 'approve:design', question: { question: 'Really good, and safe?' } }] });
  const task = await engine.fork('r', { at, input: { goal: 'another' } });
  expect(await task.settled()).toMatchObject({ status: 'waiting', questions: [{ name: 'approve:design' }] });
  await expect(engine.fork('r', { at, definition: { ...delivery, states: { ...delivery.states, design: { ...delivery.states['design']!, capabilities: ['code'] } } } as WorkflowDefinition })).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED' });
});

test('a change that does not fit what would be taken over is refused before anything is written', async () => {
  const store = memoryStore();
  const policy = { ...delivery, states: { ...delivery.states, design: { ...delivery.states['design']!, approval: { question: 'Good?', when: 'policy' } } } } as WorkflowDefinition;
  const { host } = world();
  const engine = openEngine({ store, agents, host: (run) => ({ ...host(run), approvals: (run.forkedFrom?.change as { approvals?: string[] } | undefined)?.approvals ?? ['design'] }) });
  await engine.start({ id: 'r', definition: policy, input });
  await finish(engine, 'r');
  const entries = await store.read('r');
  await expect(engine.fork('r', { at: entries.length, change: { approvals: [] } })).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED' });
  expect(await store.get('r-fork-1')).toBeUndefined();
  const before = entries.find((entry) => entry.key.includes('wait:approve:design'))!.seq - 1;
  expect(await (await engine.fork('r', { at: before, change: { approvals: [] } })).result()).toMatchObject({ status: 'success' });
});

test('steps that may run only once are listed, have to be confirmed, and do not run again', async () => {
  const store = memoryStore();
  let paid = 0;
  const reached = deferred();
  const agent = worker(async (context) => {
    await context.step('pay', () => ++paid, { effect: 'once' });
    await context.step('send', (step) => { paid++; if (step.key.startsWith('r/')) { reached.resolve(); return untilAborted(step.signal); } return 1; }, { effect: 'once' }).catch((error: { code: string }) => { if (error.code !== 'FW_STEP_UNCERTAIN') throw error; });
  });
  const engine = openEngine({ store, agents: [agent] });
  await engine.start({ id: 'r', definition: oneState, input });
  await reached.promise;
  const entries = await store.read('r');
  const keys = ['r/work#1/worker#1/pay#1', 'r/work#1/worker#1/send#1'];
  await expect(engine.fork('r', { at: entries.length })).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNCONFIRMED', details: keys });
  await expect(engine.fork('r', { at: entries.length, confirm: keys.slice(1) })).rejects.toMatchObject({ details: keys.slice(0, 1) });
  const fork = await engine.fork('r', { at: entries.length, confirm: keys });
  expect(await fork.result()).toMatchObject({ status: 'success' });
  expect(paid).toBe(2);
  const from = entries.find((entry) => entry.key === keys[0])!.seq - 1;
  expect(await (await engine.fork('r', { at: from })).result()).toMatchObject({ status: 'success' });
  expect(paid).toBe(4);
});

test('places that are none, and forks of forks', async () => {
  const store = memoryStore();
  const drawn: string[] = [];
  const engine = openEngine({ store, agents: [worker(async (context) => { for (let index = 0; index < 4; index++) { const id = context.id(); await context.step('a', (step) => { drawn.push(`${step.key.split('/')[0]} ${id}`); return id; }, { input: id }); } })] });
  await (await engine.start({ id: 'r', definition: oneState, input })).result();
  for (const at of [-1, 1.5, 1000, Number.NaN, '3' as never]) await expect(engine.fork('r', { at })).rejects.toMatchObject({ code: 'FW_WORKFLOW_ILLEGAL' });
  await expect(engine.fork('nobody', { at: 0 })).rejects.toMatchObject({ code: 'FW_WORKFLOW_UNKNOWN_RUN' });
  let id = 'r';
  for (const step of [2, 3, 1]) {
    const entries = await store.read(id);
    const at = entries.filter((entry) => entry.kind === 'step' && entry.origin === 'agent')[step - 1]!.seq;
    const fork = await engine.fork(id, { at });
    expect(await fork.result()).toMatchObject({ status: 'success' });
    expect(await engine.replay(fork.id)).toMatchObject({ complete: true });
    id = fork.id;
  }
  expect(id).toBe('r-fork-1-fork-1-fork-1');
  expect(new Set(drawn).size).toBe(drawn.length);
});

