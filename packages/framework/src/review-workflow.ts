import { defineWorkflow } from '@fw/workflow';
import type { WorkflowDefinition } from '@fw/workflow';

/** The reviewer alone: one state, which ends whatever it finds. */
export const reviewWorkflow: WorkflowDefinition = /* @__PURE__ */ defineWorkflow({
  specVersion: 1,
  name: 'review',
  version: '1',
  initial: 'review',
  states: {
    review: {
      capabilities: ['check', 'review'],
      on: { done: { to: 'reviewed', event: 'nothing-blocking' }, revise: { to: 'reviewed', event: 'blocking-findings' } },
    },
    reviewed: { final: 'success' },
  },
});
