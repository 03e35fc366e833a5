import { describe, expect, it } from 'vitest';
import type { Agent, AgentContext, Json, Result } from '../src/index.ts';
import { createTestContext, createTestRun } from '../src/conformance.ts';
import type { TestContextOptions } from '../src/conformance.ts';
import { connectAgent } from '../src/wire.ts';
import type { AgentLink, WireTurn } from '../src/wire.ts';
import { overWire } from '../src/wire/over-wire.ts';

const agentOf = (process: (context: AgentContext) => Promise<Json>): Agent => ({
  specVersion: 1, name: 'remote', version: '1.0.0', capabilities: ['audit'],
  process: async (context): Promise<Result> => ({ status: 'done', artifacts: [{ id: context.id(), kind: 'x', title: 'x', schema: 'x@1', content: await process(context), producer: { agent: 'remote', version: '1.0.0', key: context.path } }] }),
});

async function contentOf(agent: Agent, options: TestContextOptions = {}): Promise<unknown> {
  const result = await agent.process(createTestContext(options));
  return result.status === 'failed' ? result.code : result.artifacts[0]?.content;
}

describe('an agent over the wire', () => {
  it('has its whole context: data, steps, scopes, branches, races, model, tools, files, signals, time and draws', async () => {
    const agent = agentOf(async (context) => {
      const branches = await context.all('both', [async (inner) => inner.step('a', () => inner.path), async (inner) => inner.scope('deep', async (deepest) => deepest.path)], { concurrency: 1 });
      const raced = await context.race('first', [async (inner) => inner.step('x', () => 'one'), async (inner) => inner.step('y', () => 'two')]);
      await context.workspace.write('b.txt', 'made');
      await context.sleep(5);
      const draws = [context.random(), context.random()];
      return {
        state: context.state, path: context.path, branches, raced, files: [await context.workspace.read('a.txt'), await context.workspace.read('b.txt')], tree: (await context.workspace.tree()).length,
        model: (await context.model.generate({ messages: [] })).text, tools: context.tools.list.map(({ name }) => name), command: (await context.workspace.run(['x'])).exitCode,
        answer: (await context.waitFor<Json>('go')) ?? null, nothing: (await context.waitFor<Json>('other')) ?? null, now: context.now(), draws: draws[0] !== draws[1] && draws.every((draw) => draw >= 0 && draw < 1),
      };
    });
    const options: TestContextOptions = { state: 'validation', files: { 'a.txt': 'there' }, answers: [{ text: 'said' }], signals: { go: 'yes' } };
    expect(await contentOf(overWire(agent), options)).toEqual({
      state: 'validation', path: 'validation#1', branches: ['validation#1/both#1/0', 'validation#1/both#1/1/deep#1'], raced: 'one', files: ['there', 'made'], tree: 64,
      model: 'said', tools: [], command: 127, answer: 'yes', nothing: null, now: 5, draws: true,
    });
  });

  it('gets errors with their codes, ends with its own, and one that no journal knows is found', async () => {
    const caught = agentOf(async (context) => context.workspace.read('nowhere').catch((error: { readonly code: string }) => error.code));
    expect(await contentOf(overWire(caught))).toBe('FW_AGENT_CONFORMANCE');
    await expect(overWire(agentOf(async () => { throw Object.assign(new Error('mine'), { code: 'MY_CODE' }); })).process(createTestContext())).rejects.toMatchObject({ code: 'MY_CODE', message: 'mine' });
    await expect(overWire(agentOf(async () => new Promise(() => {}))).process(createTestContext())).rejects.toMatchObject({ code: 'FW_WORKFLOW_STALLED' });
  });

  it('asks for the same again in whatever order its branches complete, and is aborted with its run', async () => {
    const agent = agentOf(async (context) => context.all('many', Array.from({ length: 4 }, (_, index) => async (inner: AgentContext) => [await inner.step('one', () => index), await inner.step('two', () => index * 2)])));
    for (let seed = 0; seed < 5; seed += 1) {
      const run = createTestRun(createTestContext());
      const first = await run.drive(overWire(agent), { seed, killAfter: 3 });
      expect(first.result).toBeUndefined();
      const second = await run.drive(overWire(agent), { seed });
      expect(second).toMatchObject({ result: { status: 'done' } });
      expect(await run.drive(overWire(agent), { seed })).toEqual(second);
    }
    const stop = new AbortController();
    const waiting = agentOf(async (context) => context.step('wait', ({ signal }) => new Promise<Json>((resolve) => { signal.addEventListener('abort', () => resolve('aborted')); })));
    const working = contentOf(overWire(waiting), { signal: stop.signal });
    await new Promise(setImmediate);
    stop.abort(new Error('The run was cancelled.'));
    expect(await working).toBe('aborted');
  });

  it('tells watchers of its events and deltas', async () => {
    const context = createTestContext();
    await overWire(agentOf(async (inner) => { inner.emit({ type: 'noted', data: 1 }); return inner.step('s', () => null); })).process(context);
    expect(context.seen.events).toEqual([{ type: 'noted', data: 1 }]);
  });

  it('is asked for what it may ask only, and told only of what it may call', async () => {
    const link = (turns: readonly unknown[]): AgentLink => {
      const left = [...turns];
      return { send: async () => (left.shift() ?? { commands: [] }) as Json };
    };
    const description = { specVersion: 1, name: 'bad', capabilities: ['audit'] } as const;
    const run = (turns: readonly unknown[], more: Partial<AgentLink> = {}): Promise<unknown> => connectAgent(description, { ...link(turns), ...more }).process(createTestContext()).then((result) => result, (error: { readonly code: string }) => error.code);
    const done: WireTurn = { commands: [], result: { status: 'done', artifacts: [] } };
    expect(await run([done])).toEqual({ status: 'done', artifacts: [] });
    for (const turn of [null, [], { commands: [{ type: 'evil' }] }, { commands: [{ type: 'call', id: 1, scope: 0, member: 'constructor', input: [] }] }, { commands: [{ type: 'step', id: 1, scope: 7, name: 'x' }] }, { commands: [{ type: 'close', scope: 0 }] }, { commands: [] }, { commands: [], result: { status: 'won' } }]) {
      expect(await run([turn])).toBe('FW_AGENT_INVALID');
    }
    const told: Json[] = [];
    await connectAgent(description, { send: async (message) => { told.push(message as unknown as Json); return { commands: [], result: { status: 'done', artifacts: [] } }; }, mayCall: (tool) => tool === 'a' })
      .process(createTestContext({ tools: ['a', 'b'].map((name) => ({ kind: 'leaf', name, description: '', inputSchema: {}, effect: 'pure', run: async () => null })) }));
    expect(told).toMatchObject([{ data: { tools: [{ name: 'a' }] } }]);
    expect(JSON.stringify(told)).not.toContain('"b"');
    const settled: Json[] = [];
    const asks = [{ commands: [{ type: 'call', id: 1, scope: 0, member: 'child', input: ['a', 'b', null] }] }, done];
    await connectAgent(description, { send: async (message) => { settled.push(message as unknown as Json); return asks.shift() as unknown as Json; }, refuse: (member) => ({ code: 'NO', message: member }) }).process(createTestContext());
    expect(settled[1]).toMatchObject({ type: 'settle', id: 1, error: { code: 'NO', message: 'child' } });
  });
});
