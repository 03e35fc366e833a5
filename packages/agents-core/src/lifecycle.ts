import { AgentError } from './agent-error.ts';

/** Where an agent is in its life within one run. */
export type AgentState = 'created' | 'ready' | 'running' | 'waiting' | 'done' | 'failed' | 'disposed';
/** What happens to it: `process` begins a visit of a state, `wait` and `resume` frame a question or a timer. */
export type AgentEvent = 'initialize' | 'process' | 'wait' | 'resume' | 'finish' | 'fail' | 'cleanup';

const moves: { readonly [State in AgentState]: { readonly [Event in AgentEvent]?: AgentState } } = {
  created: { initialize: 'ready', fail: 'failed', cleanup: 'disposed' },
  ready: { process: 'running', fail: 'failed', cleanup: 'disposed' },
  running: { wait: 'waiting', finish: 'done', fail: 'failed', cleanup: 'disposed' },
  waiting: { resume: 'running', fail: 'failed', cleanup: 'disposed' },
  done: { process: 'running', cleanup: 'disposed' },
  failed: { cleanup: 'disposed' },
  disposed: { cleanup: 'disposed' },
};

/** The next state; pure. @throws AgentError `FW_AGENT_LIFECYCLE` for an event that is not possible there. */
export function transitionAgent(state: AgentState, event: AgentEvent): AgentState {
  const possible = Object.hasOwn(moves, state) ? moves[state] : {};
  const next = Object.hasOwn(possible, event) ? possible[event] : undefined;
  if (next === undefined) {
    throw new AgentError('FW_AGENT_LIFECYCLE', { message: `An agent that is ${state} cannot ${event}. Possible: ${Object.keys(possible).join(', ') || 'nothing'}.` });
  }
  return next;
}
