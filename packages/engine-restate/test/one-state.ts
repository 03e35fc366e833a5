import { defineWorkflow } from '@fw/workflow';
import type { WorkflowDefinition } from '@fw/workflow';

/** One state with one agent: the smallest workflow. */
export const oneState: WorkflowDefinition = defineWorkflow({
  specVersion: 1, name: 'one', version: '1', initial: 'work',
  states: { work: { capabilities: ['work'], on: { done: { to: 'end', event: 'finished' } } }, end: { final: 'success' } },
});
