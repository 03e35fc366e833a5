import type { Agent, AgentContext, AgentHost } from './agent.ts';
import { transitionAgent } from './lifecycle.ts';
import type { AgentEvent, AgentState } from './lifecycle.ts';
import { parseResult } from './parse-result.ts';
import type { Result } from './result.ts';

/** One agent's life in one run: every call moves its state, and a move that is not possible is refused. */
export interface AgentLife {
  readonly state: AgentState;
  /** Once, however often it is called; a failure is given again to every caller. */
  initialize(host: AgentHost): Promise<void>;
  /** @throws AgentError `FW_AGENT_LIFECYCLE` before `initialize` is finished, while another call runs, and after the end; `FW_AGENT_INVALID` for a result that is none. */
  process(context: AgentContext): Promise<Result>;
  /** A question to a person or a timer begins, or ends. @throws AgentError `FW_AGENT_LIFECYCLE` while it does not run, or wait. */
  move(event: 'wait' | 'resume'): void;
  /** Once, however often it is called, and only for an agent that was initialized; what it throws is given to every caller. */
  cleanup(reason: 'done' | 'cancelled' | 'failed'): Promise<void>;
}

/** Begins the life of an agent as `created`. */
export function createAgentLife(agent: Agent): AgentLife {
  let state: AgentState = 'created';
  let initializing: Promise<void> | undefined;
  let cleaning: Promise<void> | undefined;
  const go = (event: AgentEvent): void => {
    state = transitionAgent(state, event);
  };
  /** What ends after the agent was cleaned up changes nothing any more. */
  const settle = (event: AgentEvent): void => {
    if (state !== 'disposed') go(event);
  };

  async function initialize(host: AgentHost): Promise<void> {
    try {
      await agent.initialize?.(host);
      settle('initialize');
    } catch (error) {
      settle('fail');
      throw error;
    }
  }
  async function cleanup(reason: 'done' | 'cancelled' | 'failed'): Promise<void> {
    const wasStarted = initializing !== undefined;
    go('cleanup');
    await initializing?.catch(() => {});
    if (wasStarted) await agent.cleanup?.(reason);
  }

  return {
    get state() {
      return state;
    },
    async initialize(host) {
      if (initializing === undefined) {
        transitionAgent(state, 'initialize');
        initializing = initialize(host);
      }
      return initializing;
    },
    async process(context) {
      go('process');
      try {
        const result = parseResult(await agent.process(context), agent.name);
        settle('finish');
        return result;
      } catch (error) {
        settle('fail');
        throw error;
      }
    },
    move: go,
    async cleanup(reason) {
      cleaning ??= cleanup(reason);
      return cleaning;
    },
  };
}
