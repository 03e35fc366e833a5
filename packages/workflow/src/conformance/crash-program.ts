import { setTimeout as delay } from 'node:timers/promises';
import type { Agent, AgentContext, Json, Result, StepContext } from '@fw/agents-core';
import type { WorkflowDefinition } from '../definition.ts';
import type { RunHost } from '../engine.ts';

/** Two states, one way back: steps, branches, a race, tools, timers and signals in one run. */
export const crashDefinition: WorkflowDefinition = {
  specVersion: 1, name: 'crash', version: '1', initial: 'build',
  states: {
    build: { capabilities: ['build'], on: { done: { to: 'check', event: 'built' } } },
    check: { capabilities: ['check', 'look?'], parallel: true, on: { done: { to: 'end', event: 'good' }, revise: { to: 'build', event: 'again' } } },
    end: { final: 'success' },
  },
};

/** Something that a step does to the outside world. */
export type Effect = (step: StepContext) => Json;

export function agentsWith(effect: Effect): readonly Agent[] {
  return [
    agent('builder', 'build', async (context) => {
      const plan = await context.step<readonly string[]>('plan', (step) => { effect(step); return ['a', 'b', 'c']; }, { input: context.visit });
      await context.all('parts', plan.map((part, index) => async (branch: AgentContext) => {
        await branch.step('write', async (step) => { await delay(index * 2); effect(step); return `${part}${context.visit}`; });
        await branch.tools.call({ type: 'toolCall', id: part, name: 'format', input: { part } } as never);
        if (index === 0) await branch.sleep(5);
        await branch.step('check', (step) => { effect(step); if (index === 1) throw Object.assign(new Error('not good'), { code: 'MY_CODE' }); return true; }).catch(() => {});
      }), { concurrency: 2 });
      if (context.visit === 1) await context.waitFor('early');
    }),
    agent('checker', 'check', async (context) => {
      await context.race<Json>('first', [
        async (branch) => { await branch.sleep(3); return branch.step('quick', (step) => { effect(step); return 'quick'; }); },
        async (branch) => branch.step('stuck', (step) => untilAborted(step.signal)),
        async (branch) => (await branch.waitFor<Json>('never')) ?? null,
      ]);
      if (context.visit > 1) return;
      await context.waitFor('later', { question: 'Go on?' });
      return { status: 'revise', artifacts: [], requests: [{ id: 'r1', what: 'once more', evidence: [] }] };
    }),
    agent('looker', 'look', async (context) => {
      await context.scope('inside', async (inside) => {
        const id = inside.id();
        await inside.step('look', (step) => { effect(step); return id; });
      });
    }),
  ];
}

/** A host whose tools are steps of their own origin. */
export const hostWith = (effect: Effect): RunHost => ({
  context: () => (_durable, port) => ({
    tools: {
      list: [],
      call: async (call: { readonly name: string }) => (await port.leaf(`tool:${call.name}`, (step) => ({ output: effect(step), tree: 'f'.repeat(64) }), { origin: 'tool', effect: 'idempotent' })).output,
    },
  }) as never,
  facts: (state) => ({ evidence: [], guards: {}, tree: String(state.artifacts.length) }),
});

function agent(name: string, capability: string, work: (context: AgentContext) => Promise<Result | void>): Agent {
  return {
    specVersion: 1, name, capabilities: [capability],
    process: async (context) => (await work(context)) ?? {
      status: 'done',
      artifacts: [{ id: `${name}-${context.visit}`, kind: 'note', title: name, schema: 'note@1', content: context.random(), producer: { agent: name, version: '1', key: context.path } }],
    },
  };
}

const untilAborted = (signal: AbortSignal): Promise<never> => new Promise((_resolve, reject) => {
  const stop = (): void => reject(new Error('aborted'));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
});
