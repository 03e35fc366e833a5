import { describe, expect, it } from 'vitest';
import type { Agent, AgentContext } from './agent.ts';
import { checkAgent } from './check-agent.ts';
import { parseResult } from './parse-result.ts';
import { createTestRun } from './test-engine.ts';
import type { AgentTestRun } from './test-engine.ts';
import { overWire } from './wire/over-wire.ts';

export interface TestAgentOptions {
  readonly create: () => Agent | Promise<Agent>;
  /** A fresh context with the same data, tools and scripted answers each time, e.g. from `createTestContext` or an engine. */
  readonly context: (options: { readonly signal: AbortSignal }) => AgentContext | Promise<AgentContext>;
  /** A new run on the engine to test with, in a fresh context each time; default `createTestRun`, an engine in memory. */
  readonly engine?: (context: AgentContext) => AgentTestRun | Promise<AgentTestRun>;
  /** Draws of the order in which leaves complete; default 5. */
  readonly orders?: number;
}

/** Registers the checks that every agent has to pass, as vitest tests: as it is, and as if it ran in another process. */
export function testAgent(name: string, options: TestAgentOptions): void {
  checkEverything(`agent conformance: ${name}`, name, options);
  checkEverything(`agent conformance over the wire: ${name}`, name, { ...options, create: async () => overWire(await options.create()) });
}

function checkEverything(title: string, name: string, options: TestAgentOptions): void {
  const { engine = createTestRun, orders = 5 } = options;
  const fresh = (signal = new AbortController().signal): Promise<AgentContext> => Promise.resolve(options.context({ signal }));

  describe(title, () => {
    it('has the shape of an agent of this version of the contract', async () => {
      checkAgent(await options.create(), name);
    });

    // Before all that call it: what an agent remembers, it has not heard yet.
    it('remembers nothing: in another run it asks for the same again', async () => {
      const agent = await options.create();
      const ask = async (asked: Agent): Promise<readonly string[]> => (await (await engine(await fresh())).drive(asked, { seed: 0 })).journal.toSorted();
      const first = await ask(agent);
      expect(await ask(agent)).toEqual(first);
      expect(await ask(await options.create())).toEqual(first);
    });

    it('gives a valid result of plain JSON', async () => {
      const agent = await options.create();
      const result: unknown = await agent.process(await fresh());
      expect(JSON.parse(JSON.stringify(result))).toEqual(parseResult(result, agent.name));
    });

    it('names itself as the producer of its artifacts and gives each an id of its own', async () => {
      const agent = await options.create();
      const { artifacts } = parseResult(await agent.process(await fresh()), agent.name);
      for (const artifact of artifacts) expect(artifact.producer).toMatchObject({ agent: agent.name, version: agent.version ?? '0.0.0' });
      expect(new Set(artifacts.map((artifact) => artifact.id)).size).toBe(artifacts.length);
    });

    it('keeps no state: called again with the same answers it gives the same result', async () => {
      const agent = await options.create();
      const first = await agent.process(await fresh());
      expect(await agent.process(await fresh())).toEqual(first);
      expect(await (await options.create()).process(await fresh())).toEqual(first);
    });

    it('can be initialized, asked and cleaned up', async () => {
      const agent = await options.create();
      await agent.initialize?.({ config: {}, log: () => {} });
      parseResult(await agent.process(await fresh()), agent.name);
      await agent.cleanup?.('done');
    });

    it('gives the same result when its journal is played again, in whatever order its leaves completed', async () => {
      for (let seed = 0; seed < orders; seed++) {
        const run = await engine(await fresh());
        const first = await run.drive(await options.create(), { seed });
        expect(first.error).toBeUndefined();
        expect(await run.drive(await options.create(), { seed: seed + 1 })).toEqual(first);
      }
    });

    it('comes to the same result when it is killed anywhere, and asks for nothing twice', async () => {
      for (let seed = 0; seed < orders; seed++) {
        const whole = await (await engine(await fresh())).drive(await options.create(), { seed });
        for (const killAfter of placesOf(whole.journal.length)) {
          const run = await engine(await fresh());
          await run.drive(await options.create(), { seed, killAfter });
          const { result, error, journal } = await run.drive(await options.create(), { seed });
          expect(error).toBeUndefined();
          expect(result).toEqual(whole.result);
          expect(journal.toSorted()).toEqual(whole.journal.toSorted());
        }
      }
    });

    it('ends when it is aborted anywhere', async () => {
      const whole = await (await engine(await fresh())).drive(await options.create(), { seed: 0 });
      for (const killAfter of placesOf(whole.journal.length)) {
        const agent = await options.create();
        const run = await engine(await fresh());
        await run.drive(agent, { seed: 0, killAfter });
        const stop = new AbortController();
        const working = run.drive(agent, { seed: 0, signal: stop.signal });
        stop.abort(new Error('The run was cancelled.'));
        const { result, error } = await working;
        if (result !== undefined) parseResult(result, agent.name);
        expect((error as { readonly code?: unknown } | undefined)?.code).not.toBe('FW_AGENT_CONFORMANCE');
      }
    });

    it('ends when its run is aborted', async () => {
      const agent = await options.create();
      const stop = new AbortController();
      const working = agent.process(await fresh(stop.signal));
      stop.abort(new Error('The run was cancelled.'));
      const outcome = await working.then((result) => parseResult(result, agent.name), () => 'rejected');
      expect(outcome).toBeDefined();
    });
  });
}

/** Where to cut a run of so many entries: everywhere in a short one, evenly in a long one. */
function placesOf(entries: number): readonly number[] {
  const count = Math.min(entries, 12);
  return Array.from({ length: count }, (_, index) => Math.floor((index * entries) / count));
}
