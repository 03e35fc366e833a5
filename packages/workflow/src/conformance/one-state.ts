import type { Agent, AgentContext, Result } from '@fw/agents-core';
import type { WorkflowDefinition } from '../definition.ts';

/** One state with one agent: the smallest workflow. */
export const oneState: WorkflowDefinition = {
  specVersion: 1, name: 'one-state', version: '1', initial: 'work',
  states: { work: { capabilities: ['work'], on: { done: { to: 'end', event: 'finished' } } }, end: { final: 'success' } },
};

export const workerOf = (work: (context: AgentContext) => Promise<unknown>): Agent => ({
  specVersion: 1, name: 'worker', capabilities: ['work'],
  async process(context): Promise<Result> {
    await work(context);
    return { status: 'done', artifacts: [] };
  },
});
