import type { Evidence, Result, RevisionRequest } from '@fw/agents-core';
import { digestOf } from './canonical.ts';
import { isFinal } from './definition.ts';
import type { Arrow, WorkflowDefinition, WorkState } from './definition.ts';
import type { Move, Progress, RunState } from './run-state.ts';
import { WorkflowError } from './workflow-error.ts';

/** What was measured, as far as the machine looks at it. */
export interface Facts {
  readonly evidence: readonly Evidence[];
  /** Whether each guard holds; where it does not, what has to change. */
  readonly guards: { readonly [name: string]: boolean | GuardRefusal };
  /** Content hash of the files. */
  readonly tree?: string;
  /** Measured values of which more is better, most important first: passed tests, coverage, … */
  readonly vector?: readonly number[];
}

export interface GuardRefusal {
  readonly holds: false;
  readonly requests: readonly RevisionRequest[];
}

const DEFAULT_SLACK = 3;
/** The state a run is in when no arrow is left. */
export const FAILED = 'failed';

/**
 * The machine: state and result in, next state out. Never sees the clock, the journal or an engine.
 * A refused guard turns `done` into `revise`. A way back must bring progress: an equal situation
 * (tree, failing checks, measured values) seen before is a cycle, and returns since the last improvement are counted against the slack.
 */
export function transition(definition: WorkflowDefinition, state: RunState, result: Result, facts: Facts): RunState {
  const here = definition.states[state.state];
  if (!here || isFinal(here)) throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `A run in "${state.state}" cannot move on: it is not a working state of "${definition.name}".` });
  const artifacts = [...state.artifacts, ...result.artifacts];
  if (result.status === 'failed') return fail(definition, { ...state, artifacts }, 'failed', result.code, result.message);

  const refusal = result.status === 'done' ? refusedBy(here.on['done'], facts) : undefined;
  if (result.status === 'done' && !refusal) return go(settleRequests({ ...state, artifacts }), here.on['done']!, 'done');

  const requests = refusal ? refusal.requests : result.status === 'revise' ? result.requests : [];
  const back = here.on['revise'];
  if (!back) {
    const why = refusal ? `the guard "${here.on['done']!.guard}" does not hold` : 'it was sent back';
    return fail(definition, { ...state, artifacts, requests }, 'failed', 'FW_WORKFLOW_REJECTED', `State "${state.state}" cannot be left: ${why}${describe(requests)}`);
  }
  return goBack(definition, { ...state, artifacts, requests }, back, facts);
}

/** Requests stay open until the state that raised them lets the work pass. */
function settleRequests(state: RunState): RunState {
  const { raisedIn, ...rest } = state;
  return raisedIn === state.state ? { ...rest, requests: [] } : state;
}

function refusedBy(arrow: Arrow | undefined, facts: Facts): GuardRefusal | undefined {
  if (!arrow?.guard) return undefined;
  const verdict = facts.guards[arrow.guard];
  if (verdict === true) return undefined;
  return typeof verdict === 'object' ? verdict : { holds: false, requests: [] };
}

function go(state: RunState, arrow: Arrow, outcome: Move['outcome'], more: Pick<Move, 'code' | 'message'> = {}): RunState {
  return {
    ...state,
    state: arrow.to,
    visits: { ...state.visits, [arrow.to]: (state.visits[arrow.to] ?? 0) + 1 },
    last: { from: state.state, to: arrow.to, outcome, event: arrow.event, ...more },
  };
}

/**
 * Leaves by the arrow of that outcome where there is one; else the run has failed. Coming back to a state this way is
 * never progress, so it is counted against that state's slack.
 */
export function fail(definition: WorkflowDefinition, state: RunState, outcome: 'failed' | 'timeout' | 'stuck', code: string, message: string): RunState {
  const here = definition.states[state.state] as WorkState;
  const arrow = here.on[outcome];
  const why = { code, message };
  if (!arrow) return go(state, endOfFailed, outcome, why);
  if (state.visits[arrow.to] === undefined) return go(state, arrow, outcome, why);
  const before = state.progress[arrow.to] ?? { seen: [], fewestFailing: Number.MAX_SAFE_INTEGER, vector: [], spent: 0 };
  const spent = before.spent + 1;
  if (spent > slackOf(definition, arrow.to)) return go(state, endOfFailed, outcome, why);
  return go({ ...state, progress: { ...state.progress, [arrow.to]: { ...before, spent } } }, arrow, outcome, why);
}

const endOfFailed: Arrow = { to: FAILED, event: 'failed' };

function slackOf(definition: WorkflowDefinition, name: string): number {
  const target = definition.states[name];
  return (target && !isFinal(target) ? target.slack : undefined) ?? DEFAULT_SLACK;
}

function goBack(definition: WorkflowDefinition, state: RunState, arrow: Arrow, facts: Facts): RunState {
  const failing = state.requests.map(({ where, what }) => `${where?.file ?? ''} ${what.split('\n', 1)[0]}`).sort();
  const vector = facts.vector ?? [];
  const situation = digestOf([facts.tree ?? '', failing, vector, state.state]);
  const before = state.progress[arrow.to];
  if (before?.seen.includes(situation)) {
    return fail(definition, state, 'stuck', 'FW_WORKFLOW_CYCLE', `The run came from "${state.state}" back to "${arrow.to}" with the same files and the same problems as before, so it was stopped${describe(state.requests)}`);
  }
  const better = !before || failing.length < before.fewestFailing || (failing.length === before.fewestFailing && isGreater(vector, before.vector));
  // Something better than ever before earns the slack back; the best can only be beaten so often, so the loop stays bounded.
  const spent = better ? 0 : before.spent + 1;
  if (spent > slackOf(definition, arrow.to)) {
    return fail(definition, state, 'stuck', 'FW_WORKFLOW_STUCK', `The run came back to "${arrow.to}" ${spent} times without progress, so it was stopped${describe(state.requests)}`);
  }
  const progress: Progress = {
    seen: [...(before?.seen ?? []), situation],
    fewestFailing: better ? failing.length : before.fewestFailing,
    vector: better ? vector : before.vector,
    spent,
  };
  return go({ ...state, raisedIn: state.state, progress: { ...state.progress, [arrow.to]: progress } }, arrow, 'revise');
}

function isGreater(left: readonly number[], right: readonly number[]): boolean {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function describe(requests: readonly RevisionRequest[]): string {
  if (requests.length === 0) return '.';
  const shown = requests.slice(0, 3).map((request) => request.what.slice(0, 300) + (request.evidence.length > 0 ? ` [${request.evidence.join(', ')}]` : ''));
  return `: ${shown.join('; ')}${requests.length > 3 ? `; and ${requests.length - 3} more` : ''}.`;
}

/** One outcome for several agents: the worst decides, artifacts and requests are joined. */
export function combineResults(results: readonly Result[]): Result {
  const artifacts = results.flatMap((result) => result.artifacts);
  const failed = results.find((result) => result.status === 'failed');
  if (failed) return { ...failed, artifacts };
  const revising = results.filter((result) => result.status === 'revise');
  if (revising.length > 0) return { status: 'revise', artifacts, requests: revising.flatMap((result) => result.requests) };
  return { status: 'done', artifacts };
}
