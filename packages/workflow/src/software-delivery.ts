import { defineWorkflow } from './definition.ts';
import type { WorkflowDefinition } from './definition.ts';

/**
 * From a task to a verified change. The arrows carry the names of the plan's diagram; their guards are predicates
 * over measured facts that the host provides, so that no agent's word moves the run on.
 */
export const softwareDelivery: WorkflowDefinition = /* @__PURE__ */ defineWorkflow({
  specVersion: 1,
  name: 'software-delivery',
  version: '1',
  initial: 'initialize',
  states: {
    initialize: { capabilities: ['initialize'], on: { done: { to: 'planning', event: 'new-task' } } },
    planning: {
      capabilities: ['plan'],
      on: { done: { to: 'analysis', event: 'requirements-clear', guard: 'requirements-clear' }, revise: { to: 'planning', event: 'needs-revision' } },
    },
    analysis: {
      capabilities: ['analyse'],
      on: { done: { to: 'design', event: 'analysis-complete', guard: 'analysis-complete' }, revise: { to: 'analysis', event: 'needs-revision' } },
    },
    design: {
      capabilities: ['design', 'review-design'],
      on: { done: { to: 'implementation', event: 'design-approved', guard: 'design-approved' }, revise: { to: 'design', event: 'design-rejected' } },
      approval: { question: 'Approve this design?', when: 'policy' },
    },
    implementation: {
      capabilities: ['implement'],
      on: { done: { to: 'testing', event: 'code-complete', guard: 'code-complete' }, revise: { to: 'implementation', event: 'needs-revision' } },
    },
    testing: {
      capabilities: ['test'],
      on: { done: { to: 'validation', event: 'tests-pass', guard: 'tests-pass' }, revise: { to: 'implementation', event: 'tests-fail' } },
    },
    validation: {
      capabilities: ['check?', 'review', 'audit?', 'validate', 'judge'],
      on: { done: { to: 'success', event: 'success', guard: 'success' }, revise: { to: 'analysis', event: 'needs-revision' } },
    },
    success: { final: 'success' },
  },
});
