import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createArtifact, defineTool } from '../src/index.ts';
import type { Agent, AgentContext, Json, Result } from '../src/index.ts';
import { createTestContext, createTestRun } from '../src/conformance.ts';

const self = { name: 'a', version: '0.0.0' };
const agentOf = (work: (context: AgentContext) => Promise<Json>): Agent => ({
  specVersion: 1, name: 'a', capabilities: ['plan'],
  async process(context): Promise<Result> {
    const content = await work(context);
    return { status: 'done', artifacts: [createArtifact(context, self, { kind: 'x', title: 'X', schema: 'x@1', content })] };
  },
});
const contentOf = (result: Result | undefined): Json | undefined => result?.artifacts[0]?.content as Json | undefined;
const three = (context: AgentContext): Promise<string[]> => Promise.all(['a', 'b', 'c'].map((name) => context.step(name, () => name)));

/** Kills a first process after so many leaves and lets a second one end the run. */
async function killed(agent: Agent, killAfter: number, seed = 1): Promise<unknown> {
  const run = createTestRun(createTestContext());
  await run.drive(agent, { seed, killAfter });
  return (await run.drive(agent, { seed })).error;
}

describe('the engine that agents are tested on', () => {
  it('completes leaves that are open together in drawn orders, and in the same order again', async () => {
    const first = agentOf(async (context) => {
      const order: string[] = [];
      await Promise.all(['a', 'b', 'c'].map(async (name) => order.push(await context.step(name, () => name))));
      return order;
    });
    const orders = new Set<string>();
    for (let seed = 0; seed < 30; seed++) {
      const run = createTestRun(createTestContext());
      const { result, journal } = await run.drive(first, { seed });
      orders.add(JSON.stringify(contentOf(result)));
      expect(await run.drive(first, { seed: seed + 7 })).toEqual({ result, journal });
    }
    expect(orders.size).toBeGreaterThan(3);
  });

  it('goes on after a kill without running again what ran', async () => {
    const ran: string[] = [];
    const tool = defineTool({ name: 'mark', description: '', effect: 'once', input: z.object({ at: z.string() }), run: async ({ at }) => (ran.push(at), { ok: true, text: at }) });
    const agent = agentOf(async (context) => {
      for (const at of ['1', '2', '3']) await context.tools.call({ id: at, name: 'mark', arguments: { at } });
      await context.workspace.write('a.ts', await context.workspace.read('b.ts'));
      await context.sleep(5);
      return [await three(context), await context.waitFor('go') ?? null, context.now(), await context.workspace.tree()];
    });
    const outside = (): AgentContext => createTestContext({ tools: [tool], files: { 'b.ts': 'x' }, signals: { go: 'yes' } });
    const whole = await createTestRun(outside()).drive(agent, { seed: 3 });
    expect(contentOf(whole.result)).toEqual([['a', 'b', 'c'], 'yes', 5, expect.any(String)]);
    for (let killAfter = 0; killAfter < whole.journal.length; killAfter++) {
      ran.length = 0;
      const run = createTestRun(outside());
      expect(await run.drive(agent, { seed: 3, killAfter })).toEqual({ journal: whole.journal.slice(0, killAfter) });
      expect((await run.drive(agent, { seed: 3 })).result).toEqual(whole.result);
      expect(ran).toEqual(['1', '2', '3']);
    }
  });

  it('finds an agent out that awaits something else', async () => {
    const { error } = await createTestRun(createTestContext()).drive(agentOf(() => new Promise(() => {})), { seed: 0 });
    expect(error).toMatchObject({ code: 'FW_AGENT_CONFORMANCE', message: expect.stringContaining('awaits something that is not its context') });
  });

  it('finds an agent out that keeps state, or reads what is not in its context', async () => {
    let calls = 0;
    const counts = agentOf(async (context) => [await context.step('a', () => 1), await context.step(`b${calls++}`, () => 2), await context.step('c', () => 3)]);
    expect(await killed(counts, 2)).toMatchObject({ code: 'FW_AGENT_CONFORMANCE', message: expect.stringContaining('did not ask for "implementation#1/b0#1" again') });
    let draws = 0;
    const input = agentOf(async (context) => [await context.step('a', () => 1, { input: draws++ }), await context.step('b', () => 2)]);
    expect(await killed(input, 1)).toMatchObject({ code: 'FW_AGENT_CONFORMANCE', message: expect.stringContaining('with other input') });
    let last = 0;
    const forgets = agentOf(async (context) => (last++ === 0 ? [await context.step('a', () => 1), await context.step('b', () => 2)] : 'nothing'));
    expect(await killed(forgets, 1)).toMatchObject({ code: 'FW_AGENT_CONFORMANCE', message: expect.stringContaining('ended without') });
  });

  it('tells an agent that it is aborted, and finds out one that does not end then', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    expect((await createTestRun(createTestContext()).drive(agentOf(three), { seed: 0, signal: stop.signal })).error).toBe(stop.signal.reason);
    const stubborn = agentOf(async (context) => context.step('a', () => 1).catch(() => new Promise<Json>(() => {})));
    expect((await createTestRun(createTestContext()).drive(stubborn, { seed: 0, signal: stop.signal })).error).toMatchObject({ code: 'FW_AGENT_CONFORMANCE' });
  });
});
