import type { Agent, AgentContext, DurableContext, Json, Result, RevisionRequest, Task } from '@fw/agents-core';
import { isFinal } from './definition.ts';
import type { WorkflowDefinition, WorkState } from './definition.ts';
import type { HostedContext, RunHost, RunOutcome } from './engine.ts';
import type { Machine } from './machine.ts';
import { decideFailure, findTies, generateSteps, handleFailure, selectAgents } from './manager.ts';
import type { FailureDecision, HandleFailure, Selection } from './manager.ts';
import { firstState, leaveOutput } from './run-state.ts';
import type { RunState } from './run-state.ts';
import { boundTo, childScope, durableContext, rootScope, ScopePort } from './scope.ts';
import type { Extend, Scope } from './scope.ts';
import { combineResults, fail, FAILED, transition } from './transition.ts';
import { describeError, WorkflowError } from './workflow-error.ts';

export interface Program {
  readonly run: string;
  readonly definition: WorkflowDefinition;
  readonly input: Json;
  readonly agents: readonly Agent[];
  readonly host: RunHost;
  readonly abort: AbortSignal;
  /** Checks what an agent returned. */
  parseResult(value: unknown, agent: string): Result;
  /** What is done when an agent threw; default see `handleFailure`. */
  readonly handleFailure: HandleFailure | undefined;
  /** Where it begins when it was migrated; default at the definition's initial state. */
  readonly beginning: ProgramBeginning | undefined;
  /** The one that the run is in; written by the program as it goes. */
  state: RunState;
}

export interface ProgramBeginning {
  readonly state: RunState;
  readonly path: string;
  readonly order: readonly number[];
}

/** The program of every run: visits states until one is final. Deterministic: all it knows came from the journal. */
export async function interpret(machine: Machine, program: Program): Promise<RunOutcome> {
  const root = rootScope(machine, program.run, program.abort, program.beginning);
  const task = taskOf(program.input);
  const selection = await choose(root, program, task);
  assertRegistered(program, selection);
  let state = program.beginning?.state ?? firstState(program.definition.initial);
  for (;;) {
    program.state = state;
    const here = program.definition.states[state.state];
    if (!here || state.state === FAILED) return end('failed', state);
    if (isFinal(here)) return end(here.final, state);
    state = await visit(root, program, task, selection, here, state);
  }
}

/** The agents and the steps are chosen once; a resumed run keeps them. */
async function choose(root: Scope, program: Program, task: Task): Promise<Selection> {
  const { output } = await new ScopePort(root).leaf('workflow', () => {
    const agents = selectAgents(program.definition, program.agents, task);
    const ties = findTies(program.definition, program.agents, task);
    return { output: { agents, steps: generateSteps(program.definition, agents), ...(ties.length > 0 && { ties }) } as unknown as Json };
  }, { origin: 'engine' });
  return (output as unknown as { readonly agents: Selection }).agents;
}

/** Said before anything runs: the run is put down then, and a process that has the agents can take it up. */
function assertRegistered(program: Program, selection: Selection): void {
  for (const [state, names] of Object.entries(selection)) {
    for (const name of names) findAgent(program, name, state);
  }
}

function findAgent(program: Program, name: string, state: string): Agent {
  const agent = program.agents.find((candidate) => candidate.name === name);
  if (!agent) throw new WorkflowError('FW_WORKFLOW_NO_AGENT', { message: `The run needs the agent "${name}" in state "${state}"; it is not registered here. Known: ${program.agents.map((candidate) => candidate.name).join(', ') || 'none'}.` });
  return agent;
}

async function visit(root: Scope, program: Program, task: Task, selection: Selection, here: WorkState, state: RunState): Promise<RunState> {
  const scope = childScope(root, state.state);
  const port = new ScopePort(scope);
  const names = selection[state.state] ?? [];
  await port.leaf('enter', () => ({ output: { state: state.state, visit: state.visits[state.state]!, agents: names } }), { origin: 'engine' });

  const work = (at: Scope): Promise<Result> => runAgents(at, program, task, here, names, state);
  const worked = here.timeoutMs === undefined ? await work(scope) : await workWithin(scope, here.timeoutMs, work);
  const result = worked === 'timeout' ? worked : await askPerson(scope, program, task, here, state, worked);

  const next = result === 'timeout'
    ? fail(program.definition, state, 'timeout', 'FW_STEP_TIMEOUT', `State "${state.state}" took longer than ${here.timeoutMs} ms.`)
    : transition(program.definition, state, result, program.host.facts({ ...state, artifacts: [...state.artifacts, ...result.artifacts] }));
  await port.leaf('leave', () => ({
    output: leaveOutput(state, next) as unknown as Json,
  }), { origin: 'engine' });
  return next;
}

function runAgents(scope: Scope, program: Program, task: Task, here: WorkState, names: readonly string[], state: RunState): Promise<Result> {
  const [only] = names;
  // Most states have one agent: a run that waits in it holds one frame less.
  if (names.length === 1 && only !== undefined && !here.parallel) return runAgent(scope, program, task, here, only, state).then((result) => combineResults([result]));
  return runSeveral(scope, program, task, here, names, state);
}

async function runSeveral(scope: Scope, program: Program, task: Task, here: WorkState, names: readonly string[], state: RunState): Promise<Result> {
  if (here.parallel) {
    const branches = names.map((name) => (context: DurableContext & { readonly at: Scope }) => runAgent(context.at, program, task, here, name, state));
    return combineResults(await durableContext(scope, (_durable, _port, at) => ({ at })).all('agents', branches));
  }
  const results: Result[] = [];
  let { artifacts } = state;
  for (const name of names) {
    const result = await runAgent(scope, program, task, here, name, { ...state, artifacts });
    results.push(result);
    artifacts = [...artifacts, ...result.artifacts];
    if (result.status === 'failed') break;
  }
  return combineResults(results);
}

async function runAgent(scope: Scope, program: Program, task: Task, here: WorkState, name: string, state: RunState): Promise<Result> {
  let tried: readonly string[] = [];
  for (let current = name; ;) {
    tried = tried.concat(current);
    const agent = findAgent(program, current, state.state);
    const at = childScope(scope, current);
    try {
      return program.parseResult(await agent.process(contextOf(at, program, task, agent, state)), current);
    } catch (error) {
      if (at.abort.aborted || at.machine.isCancelled) throw error;
      const failure = describeError(error);
      const decision = await decide(scope, program, task, agent, tried, failure, here.on['revise'] !== undefined);
      if (decision.action === 'stop') return { status: 'failed', artifacts: [], ...failure };
      if (decision.action === 'revise') return { status: 'revise', artifacts: [], requests: [{ id: `${at.path}/failure`, what: failure.message, evidence: [] }] };
      if (decision.action === 'another-agent') current = decision.agent;
    }
  }
}

async function decide(scope: Scope, program: Program, task: Task, agent: Agent, tried: readonly string[], failure: { readonly code: string; readonly message: string }, canRevise: boolean): Promise<FailureDecision> {
  const others = program.agents.filter((other) => !tried.includes(other.name) && (other.accepts?.(task) ?? true) && agent.capabilities.every((capability) => other.capabilities.includes(capability))).map((other) => other.name);
  const { output } = await new ScopePort(scope).leaf('failure', () => ({
    output: decideFailure(program.handleFailure ?? handleFailure, { ...failure, agent: agent.name, attempt: tried.filter((name) => name === agent.name).length, others, canRevise }) as unknown as Json,
  }), { origin: 'engine' });
  return output as unknown as FailureDecision;
}

async function workWithin(scope: Scope, timeoutMs: number, work: (at: Scope) => Promise<Result>): Promise<Result | 'timeout'> {
  const context = durableContext(scope, (_durable, _port, at) => ({ at }));
  return context.race<Result | 'timeout'>('limit', [
    (branch) => work(branch.at),
    async (branch) => {
      await branch.sleep(timeoutMs);
      return 'timeout';
    },
  ]);
}

async function askPerson(scope: Scope, program: Program, task: Task, here: WorkState, state: RunState, result: Result): Promise<Result> {
  const asked = here.approval && (here.approval.when === 'always' || program.host.approvals?.includes(state.state));
  if (!here.approval || !asked || result.status !== 'done') return result;
  const question = { gate: state.state, question: here.approval.question, artifacts: result.artifacts.map((artifact) => ({ id: artifact.id, kind: artifact.kind, title: artifact.title })) };
  const { tree } = program.host.facts({ ...state, artifacts: [...state.artifacts, ...result.artifacts] });
  const bound = { task, question, artifacts: result.artifacts, tree: tree ?? null } as unknown as Json;
  const answer = await durableContext(scope, () => ({})).waitFor(`approve:${state.state}`, { question, [boundTo]: bound } as Parameters<DurableContext['waitFor']>[1]);
  const { decision, message } = (answer ?? {}) as { readonly decision?: Json; readonly message?: Json };
  if (decision === 'approve') return result;
  const request: RevisionRequest = { id: `${scope.path}/approval`, what: typeof message === 'string' && message !== '' ? message : `A person rejected the ${state.state}.`, evidence: [] };
  return { status: 'revise', artifacts: result.artifacts, requests: [request] };
}

function contextOf(scope: Scope, program: Program, task: Task, agent: Agent, state: RunState): AgentContext {
  const visit = state.visits[state.state]!;
  const hosted: Extend<HostedContext> = program.host.context({ name: agent.name, state: state.state, visit });
  const data = freeze({ task, state: state.state, visit, artifacts: state.artifacts, requests: state.requests });
  return durableContext(scope, (durable, port, at) => ({ ...hosted(durable, port, at), ...data })) as unknown as AgentContext;
}

export function taskOf(input: Json): Task {
  const wrapped = input !== null && typeof input === 'object' && !Array.isArray(input) ? (input as { readonly [key: string]: Json | undefined })['task'] : undefined;
  return freeze((wrapped ?? input) as unknown as Task);
}

function freeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value;
}

const end = (status: 'success' | 'failed', state: RunState): RunOutcome => ({
  status, state,
  ...(status === 'failed' && { code: state.last?.code ?? 'FW_WORKFLOW_REJECTED', message: state.last?.message ?? `The run ended in "${state.state}".` }),
});
