import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { acceptanceCriteria, createArtifact, runLoop } from '../src/index.ts';
import type { Agent, AgentContext } from '../src/index.ts';
import { createTestContext, testAgent } from '../src/conformance.ts';
import { readFile } from './tools.ts';

const echo: Agent = {
  specVersion: 1, name: 'echo', version: '1.2.3', capabilities: ['plan'],
  async process(context) {
    const result = await runLoop(context, { system: 'Say it.', prompt: context.task.goal, tools: ['read_file'], terminal: [{ name: 'say', description: 'Says it.', input: z.object({ text: z.string() }) }] });
    if (result.status !== 'submitted') return { status: 'failed', artifacts: [], code: result.code, message: result.message };
    return { status: 'done', artifacts: [createArtifact(context, { name: 'echo', version: '1.2.3' }, { kind: 'echo', title: 'Echo', schema: 'echo@1', content: result.input })] };
  },
};

testAgent('echo', {
  create: () => echo,
  context: ({ signal }) => createTestContext({ signal, tools: [readFile], answers: [{ toolCalls: [{ name: 'read_file', arguments: { path: 'a' } }] }, { toolCalls: [{ name: 'say', arguments: { text: 'hi' } }] }] }),
});

describe('the test context', () => {
  it('freezes its data as a host does', () => {
    const context = createTestContext({ artifacts: [], requests: [{ id: 'r', what: 'x', evidence: [] }] });
    expect(() => Object.assign(context.task, { goal: 'other' })).toThrow(TypeError);
    expect(() => (context.requests as unknown[]).push(1)).toThrow(TypeError);
  });

  it('gives scopes of equal place equal keys, ids and draws', async () => {
    const walk = async (context: AgentContext): Promise<unknown> => [
      context.id(), context.random(),
      await context.step('a', (step) => step.key), await context.step('a', (step) => step.key),
      await context.all('b', [async (inner) => inner.step('c', (step) => step.key), async (inner) => inner.id()] as ((inner: AgentContext) => Promise<string>)[], { concurrency: 1 }),
      await context.race('d', [async (inner) => inner.path]),
      await context.scope('e', async (inner) => inner.path),
    ];
    const first = await walk(createTestContext());
    expect(first).toEqual(await walk(createTestContext()));
    expect(first).toMatchObject([expect.any(String), expect.any(Number), 'implementation#1/a#1', 'implementation#1/a#2', ['implementation#1/b#1/0/c#1', expect.any(String)], 'implementation#1/d#1/0', 'implementation#1/e#1']);
  });

  it('has files, commands, signals, a clock that moves in sleep, and no child runs', async () => {
    const context = createTestContext({ files: { 'a.ts': '1' }, signals: { go: { by: 'me' } } });
    const tree = await context.workspace.tree();
    await context.workspace.write('b.ts', '2');
    expect(await context.workspace.read('b.ts')).toBe('2');
    expect(await context.workspace.tree()).not.toBe(tree);
    await expect(context.workspace.read('c.ts')).rejects.toThrow('c.ts');
    expect((await context.workspace.run(['x'])).exitCode).toBe(127);
    expect(await context.waitFor('go')).toEqual({ by: 'me' });
    expect(await context.waitFor('other')).toBeUndefined();
    await context.sleep(500);
    expect(context.now()).toBe(500);
    await expect(context.child('sub', 'd', {})).rejects.toMatchObject({ code: 'FW_AGENT_CONFORMANCE' });
  });

  it('runs composite tools in a scope of their own', async () => {
    const context = createTestContext({ tools: [{ kind: 'composite', name: 'sub', description: '', inputSchema: {}, run: async (_, inner) => inner.path }] });
    expect(await context.tools.callAll([{ id: '1', name: 'sub', arguments: {} }, { id: '2', name: 'sub', arguments: {} }])).toEqual(['implementation#1/tool.sub#1', 'implementation#1/tool.sub#2']);
    expect(await context.tools.call({ id: '3', name: 'none', arguments: {} })).toMatchObject({ code: 'unknown_tool' });
  });
});

describe('the criteria a run works against', () => {
  const task = { specVersion: 1 as const, id: 't', goal: 'g', acceptance: [{ id: 'own', text: 'works' }] };
  const requirements = (content: unknown) => createArtifact(createTestContext(), echo as { name: string; version: string }, { kind: 'requirements', title: '', schema: 'requirements@1', content: content as never });

  it('are those of the newest requirements', () => {
    const artifacts = [requirements({ criteria: [{ id: 'c1', text: 'old' }] }), requirements({ criteria: [{ id: 'c1', text: 'new', kind: 'keep' }] })];
    expect(acceptanceCriteria({ task, artifacts })).toEqual([{ id: 'c1', text: 'new' }]);
  });

  it('are the task\'s own when there are none that can be read', () => {
    expect(acceptanceCriteria({ task, artifacts: [] })).toEqual(task.acceptance);
    expect(acceptanceCriteria({ task, artifacts: [requirements({ blob: 'ab', bytes: 70_000, mediaType: 'application/json' })] })).toEqual(task.acceptance);
  });
});
