import type { Json } from '@fw/agents-core';
import { findShapeProblems } from './definition-shape.ts';
import { plainJson } from './plain-json.ts';
import { WorkflowError } from './workflow-error.ts';

/** A state machine as data. */
export interface WorkflowDefinition {
  readonly specVersion: 1;
  readonly name: string;
  readonly version: string;
  readonly initial: string;
  readonly states: { readonly [state: string]: StateDefinition };
}

export type StateDefinition = FinalState | WorkState;

export interface FinalState {
  readonly final: 'success' | 'failed';
}

export interface WorkState {
  /** Agents are selected by capability; several run in this order, each sees the artifacts of those before it. `audit?` means every agent that can audit, or nobody. */
  readonly capabilities: readonly string[];
  /** By the worst outcome of its agents (`done`, `revise`, `failed`) or of the engine (`timeout`, `stuck`). Without an arrow for an outcome the run fails. */
  readonly on: { readonly [outcome: string]: Arrow };
  /** Its agents run side by side instead of one after the other. */
  readonly parallel?: boolean;
  /** A person is asked before the `done` arrow is taken: always, or when the run's options name this state. */
  readonly approval?: { readonly question: string; readonly when: 'always' | 'policy' };
  readonly timeoutMs?: number;
  /** Returns to this state in a row without progress that are allowed before `stuck`; default 3. */
  readonly slack?: number;
}

export interface Arrow {
  readonly to: string;
  /** The arrow's name in the diagram. */
  readonly event: string;
  /** Name of a predicate over measured facts. Where it does not hold, `done` becomes `revise`. */
  readonly guard?: string;
}

/** What is wrong with a definition, and where: `states.a.on.done`. */
export interface WorkflowProblem {
  readonly place: string;
  readonly message: string;
}

/**
 * Declares a workflow and checks it: every arrow ends in a state, every state can be reached and can reach an end,
 * `done` is defined and leads on to an end, names are well formed.
 * @throws WorkflowError `FW_WORKFLOW_ILLEGAL`, naming the place; `details` holds all problems.
 */
export function defineWorkflow(definition: WorkflowDefinition): WorkflowDefinition {
  const plain = plainJson(definition ?? null) as unknown as WorkflowDefinition;
  const problems = checkWorkflow(plain);
  if (problems.length === 0) return plain;
  throw new WorkflowError('FW_WORKFLOW_ILLEGAL', {
    message: `Workflow "${String(plain?.name)}" cannot be used: ${problems.map(({ place, message }) => `${place}: ${message}`).join('; ')}.`,
    details: problems as unknown as Json,
  });
}

/** Everything that is wrong with a definition from outside; empty when it can be used. Never throws. */
export function checkWorkflow(definition: unknown): readonly WorkflowProblem[] {
  const plain = (plainJson(definition) ?? null) as unknown as WorkflowDefinition;
  const badShapes = findShapeProblems(plain);
  if (badShapes.length > 0) return badShapes;
  const badArrows = findBadArrows(plain);
  const problems = badArrows.length > 0 ? badArrows : [...findUnreachable(plain), ...findEndless(plain)];
  return problems.map((problem) => ({ place: problem.slice(0, problem.indexOf(': ')), message: problem.slice(problem.indexOf(': ') + 2) }));
}

export const isFinal = (state: StateDefinition): state is FinalState => 'final' in state;

function findBadArrows(definition: WorkflowDefinition): string[] {
  const { states, initial } = definition;
  const problems: string[] = [];
  if (!Object.hasOwn(states, initial)) problems.push(`initial: "${initial}" is not a state`);
  else if (isFinal(states[initial]!)) problems.push(`initial: "${initial}" is a final state`);
  for (const [name, state] of Object.entries(states)) {
    if (name === 'failed' && !(isFinal(state) && state.final === 'failed')) problems.push('states.failed: this name is kept for the end of runs that failed');
    if (isFinal(state)) continue;
    if (!state.on['done']) problems.push(`states.${name}.on: there is no arrow for "done"`);
    for (const [outcome, next] of Object.entries(state.on)) {
      if (next && !Object.hasOwn(states, next.to)) problems.push(`states.${name}.on.${outcome}: "${next.to}" is not a state`);
      if (next?.guard && outcome !== 'done') problems.push(`states.${name}.on.${outcome}: only the arrow for "done" can have a guard`);
    }
  }
  return problems;
}

function findUnreachable(definition: WorkflowDefinition): string[] {
  const { states, initial } = definition;
  const targets = (name: string): string[] => {
    const state = states[name];
    return !state || isFinal(state) ? [] : Object.values(state.on).flatMap((next) => (next ? [next.to] : []));
  };
  const reached = closure([initial], targets);
  const finals = Object.keys(states).filter((name) => isFinal(states[name]!));
  const sources = Map.groupBy(Object.keys(states).flatMap((from) => targets(from).map((to) => ({ from, to }))), ({ to }) => to);
  const endings = closure(finals, (name) => (sources.get(name) ?? []).map(({ from }) => from));
  return Object.keys(states).flatMap((name) => [
    ...(reached.has(name) ? [] : [`states.${name}: no arrow leads to it`]),
    ...(endings.has(name) ? [] : [`states.${name}: no way leads from it to a final state`]),
  ]);
}

/** A way back needs `revise`, whose returns are bounded by progress; `done` alone would go round for ever. */
function findEndless({ states }: WorkflowDefinition): string[] {
  const next = (name: string): string | undefined => {
    const state = states[name];
    return !state || isFinal(state) ? undefined : state.on['done']?.to;
  };
  const checked = new Set<string>();
  return Object.keys(states).flatMap((start) => {
    const way = new Set<string>();
    let name: string | undefined = start;
    for (; name !== undefined && !checked.has(name) && !way.has(name); name = next(name)) way.add(name);
    for (const passed of way) checked.add(passed);
    if (name === undefined || !way.has(name)) return [];
    const circle = [...way].slice([...way].indexOf(name));
    return circle.map((state) => `states.${state}.on.done: following "done" leads back here and never to an end; use "revise" for a way back`);
  });
}

function closure(start: readonly string[], next: (name: string) => readonly string[]): Set<string> {
  const seen = new Set(start);
  for (const name of seen) for (const target of next(name)) seen.add(target);
  return seen;
}
