import type { Agent, Json, Task } from '@fw/agents-core';
import { digestOf } from './canonical.ts';
import { isFinal } from './definition.ts';
import type { WorkflowDefinition } from './definition.ts';
import type { RunOutcome, WorkflowEngine } from './engine.ts';
import { softwareDelivery } from './software-delivery.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

/** Agents in the order of their registration. A registry of `@fw/agents-core` fits. */
export interface AgentSource {
  list(): readonly Agent[];
}

/** One capability that several agents have: who was taken, and who was not. */
export interface Tie {
  readonly state: string;
  readonly capability: string;
  readonly chosen: string;
  readonly others: readonly string[];
  readonly reason: string;
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
  /** Where there was a choice. */
  readonly ties: readonly Tie[];
}

export interface StepFailure {
  readonly code: string;
  readonly message: string;
  readonly agent: string;
  /** How often this agent was tried in this visit, from 1. */
  readonly attempt: number;
  /** Others that could do it and were not tried. */
  readonly others: readonly string[];
  /** The state has a way back. */
  readonly canRevise?: boolean;
}

export type HandleFailure = (failure: StepFailure) => FailureDecision;

export type FailureDecision =
  | { readonly action: 'retry'; readonly reason: string }
  /** The work is sent back, with the message of the error as what has to change. */
  | { readonly action: 'revise'; readonly reason: string }
  | { readonly action: 'another-agent'; readonly agent: string; readonly reason: string }
  | { readonly action: 'stop'; readonly reason: string };

export interface WorkflowManager {
  /** @throws WorkflowError `FW_WORKFLOW_NO_AGENT` where nobody has a capability that a state needs. */
  createWorkflow(task: Task): Workflow;
  selectAgents(task: Task): Selection;
  generateSteps(selection: Selection): readonly WorkflowStep[];
  execute(workflow: Workflow, options?: { readonly id?: string }): Promise<RunOutcome>;
  /** What to do when an agent threw. A value that an agent returned is never a failure of the step. */
  readonly handleFailure: HandleFailure;
}

/**
 * Chooses who does what. The first registered agent with a capability that accepts the task is taken, so the choice is the same each time;
 * for a capability written with `?` at its end, every agent that has it, or nobody.
 */
export function createWorkflowManager(options: { readonly agents: AgentSource; readonly definition?: WorkflowDefinition; readonly engine?: WorkflowEngine; readonly handleFailure?: HandleFailure }): WorkflowManager {
  const definition = options.definition ?? softwareDelivery;
  const manager: WorkflowManager = {
    createWorkflow(task) {
      const selection = manager.selectAgents(task);
      return { task, definition, selection, steps: manager.generateSteps(selection), ties: findTies(definition, options.agents.list(), task) };
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
    handleFailure: options.handleFailure ?? handleFailure,
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

/** Where several agents could be taken. Pure, so the same each time: the first registered wins. */
export function findTies(definition: WorkflowDefinition, agents: readonly Agent[], task: Task): readonly Tie[] {
  const willing = agents.filter((agent) => agent.accepts?.(task) ?? true);
  return Object.entries(definition.states).flatMap(([state, work]) => (isFinal(work) ? [] : work.capabilities.flatMap((capability) => {
    const [chosen, ...others] = willing.filter((agent) => agent.capabilities.includes(capability)).map((agent) => agent.name);
    return chosen === undefined || others.length === 0 ? [] : [{ state, capability, chosen, others, reason: 'registered first' }];
  })));
}

/**
 * What is done when nothing else was said: a bug or a passing fault (no code of ours) is tried once more; then, or with a coded error,
 * another agent that can do the same; an error with the code `FW_WORKFLOW_REVISE` sends the work back; then the run stops.
 */
export function handleFailure(failure: StepFailure): FailureDecision {
  const coded = failure.code.startsWith('FW_') && failure.code !== 'FW_STEP_FAILED' && failure.code !== 'FW_AGENT_THREW';
  const reason = `${failure.agent}: ${failure.code}: ${failure.message}`;
  if (failure.code === 'FW_WORKFLOW_REVISE' && failure.canRevise) return { action: 'revise', reason };
  if (!coded && failure.attempt < 2) return { action: 'retry', reason };
  const [other] = failure.others;
  if (other !== undefined) return { action: 'another-agent', agent: other, reason };
  return { action: 'stop', reason };
}

/** What a person's own policy said, as far as it can be done; a policy that never stops is stopped. */
export function decideFailure(decide: HandleFailure, failure: StepFailure): FailureDecision {
  const stop = (why: string): FailureDecision => ({ action: 'stop', reason: `${failure.agent}: ${failure.code}: ${failure.message} (${why})` });
  let decision: FailureDecision;
  try {
    decision = decide(failure);
  } catch (error) {
    return stop(`handleFailure threw: ${describeError(error).message}`);
  }
  if (decision?.action === 'retry') return failure.attempt < MAX_ATTEMPTS ? decision : stop(`it was tried ${MAX_ATTEMPTS} times`);
  if (decision?.action === 'another-agent') return failure.others.includes(decision.agent) ? decision : stop(`"${decision.agent}" cannot take over`);
  if (decision?.action === 'revise') return failure.canRevise ? decision : stop('the state has no way back');
  return decision?.action === 'stop' ? decision : stop('handleFailure gave no decision');
}

const MAX_ATTEMPTS = 10;
