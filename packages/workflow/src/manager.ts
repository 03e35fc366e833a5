import type { Agent, Json, Task } from '@fw/agents-core';
import { digestOf } from './canonical.ts';
import { isFinal } from './definition.ts';
import type { WorkflowDefinition } from './definition.ts';
import type { RunOutcome, WorkflowEngine } from './engine.ts';
import { softwareDelivery } from './software-delivery.ts';
import { WorkflowError } from './workflow-error.ts';

/** Agents in the order of their registration. A registry of `@fw/agents-core` fits. */
export interface AgentSource {
  list(): readonly Agent[];
}

/** Names of the agents of each working state, in the order in which they run. */
export type Selection = { readonly [state: string]: readonly string[] };

export interface WorkflowStep {
  readonly state: string;
  readonly agent: string;
  /** The arrow that is taken when all goes well. */
  readonly event: string;
}

/** A task with the agents that were chosen for it and the steps of the straight way through. */
export interface Workflow {
  readonly task: Task;
  readonly definition: WorkflowDefinition;
  readonly selection: Selection;
  readonly steps: readonly WorkflowStep[];
}

export interface StepFailure {
  readonly code: string;
  readonly message: string;
  readonly agent: string;
  /** How often this agent was tried in this visit, from 1. */
  readonly attempt: number;
  /** Others that could do it and were not tried. */
  readonly others: readonly string[];
}

export type FailureDecision =
  | { readonly action: 'retry'; readonly reason: string }
  | { readonly action: 'another-agent'; readonly agent: string; readonly reason: string }
  | { readonly action: 'stop'; readonly reason: string };

export interface WorkflowManager {
  /** @throws WorkflowError `FW_WORKFLOW_NO_AGENT` where nobody has a capability that a state needs. */
  createWorkflow(task: Task): Workflow;
  selectAgents(task: Task): Selection;
  generateSteps(selection: Selection): readonly WorkflowStep[];
  execute(workflow: Workflow, options?: { readonly id?: string }): Promise<RunOutcome>;
  /** What to do when an agent threw. A value that an agent returned is never a failure of the step. */
  handleFailure(failure: StepFailure): FailureDecision;
}

/**
 * Chooses who does what. The first registered agent with a capability that accepts the task is taken, so the choice is the same each time;
 * for a capability written with `?` at its end, every agent that has it, or nobody.
 */
export function createWorkflowManager(options: { readonly agents: AgentSource; readonly definition?: WorkflowDefinition; readonly engine?: WorkflowEngine }): WorkflowManager {
  const definition = options.definition ?? softwareDelivery;
  const manager: WorkflowManager = {
    createWorkflow(task) {
      const selection = manager.selectAgents(task);
      return { task, definition, selection, steps: manager.generateSteps(selection) };
    },
    selectAgents(task) {
      return selectAgents(definition, options.agents.list(), task);
    },
    generateSteps(selection) {
      return generateSteps(definition, selection);
    },
    async execute(workflow, { id } = {}) {
      if (!options.engine) throw new WorkflowError('FW_WORKFLOW_NO_HOST', { message: 'This manager was made without an engine: pass `engine` to execute workflows.' });
      const input = workflow.task as unknown as Json;
      const run = await options.engine.start({ id: id ?? `${workflow.task.id}-${digestOf(input).slice(0, 8)}`, definition: workflow.definition, input });
      return run.result();
    },
    handleFailure,
  };
  return manager;
}

export function selectAgents(definition: WorkflowDefinition, agents: readonly Agent[], task: Task): Selection {
  const willing = agents.filter((agent) => agent.accepts?.(task) ?? true);
  const selection: Record<string, readonly string[]> = {};
  for (const [state, work] of Object.entries(definition.states)) {
    if (isFinal(work)) continue;
    selection[state] = work.capabilities.flatMap((wanted) => {
      const optional = wanted.endsWith('?');
      const capability = optional ? wanted.slice(0, -1) : wanted;
      const able = willing.filter((agent) => agent.capabilities.includes(capability)).map((agent) => agent.name);
      if (optional) return able;
      if (able.length > 0) return able.slice(0, 1);
      throw new WorkflowError('FW_WORKFLOW_NO_AGENT', { message: `State "${state}" of workflow "${definition.name}" needs an agent with the capability "${capability}" that accepts the task; registered: ${agents.map((agent) => `${agent.name} (${agent.capabilities.join(', ')})${willing.includes(agent) ? '' : ', which does not accept it'}`).join('; ') || 'none'}.` });
    });
  }
  return selection;
}

export function generateSteps(definition: WorkflowDefinition, selection: Selection): readonly WorkflowStep[] {
  const steps: WorkflowStep[] = [];
  const seen = new Set<string>();
  let state = definition.initial;
  for (let work = definition.states[state]; work && !isFinal(work) && !seen.has(state); work = definition.states[state]) {
    seen.add(state);
    const next = work.on['done']!;
    for (const agent of selection[state] ?? []) steps.push({ state, agent, event: next.event });
    state = next.to;
  }
  return steps;
}

/** A bug or a passing fault (no code of ours) is tried once more; then, or with a coded error, another agent; then the run stops. */
export function handleFailure(failure: StepFailure): FailureDecision {
  const coded = failure.code.startsWith('FW_') && failure.code !== 'FW_STEP_FAILED' && failure.code !== 'FW_AGENT_THREW';
  const why = `${failure.agent}: ${failure.code}: ${failure.message}`;
  if (!coded && failure.attempt < 2) return { action: 'retry', reason: why };
  const [other] = failure.others;
  if (other !== undefined) return { action: 'another-agent', agent: other, reason: why };
  return { action: 'stop', reason: why };
}
