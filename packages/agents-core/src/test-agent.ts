import { describe, expect, it } from 'vitest';
import type { Agent, AgentContext } from './agent.ts';
import { checkAgent } from './check-agent.ts';
import { parseResult } from './parse-result.ts';

export interface TestAgentOptions {
  readonly create: () => Agent | Promise<Agent>;
  /** A fresh context with the same data, tools and scripted answers each time, e.g. from `createTestContext` or an engine. */
  readonly context: (options: { readonly signal: AbortSignal }) => AgentContext | Promise<AgentContext>;
}

/** Registers the checks that every agent has to pass, as vitest tests. */
export function testAgent(name: string, options: TestAgentOptions): void {
  const fresh = (signal = new AbortController().signal): Promise<AgentContext> => Promise.resolve(options.context({ signal }));

  describe(`agent conformance: ${name}`, () => {
    it('has the shape of an agent of this version of the contract', async () => {
      checkAgent(await options.create(), name);
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
