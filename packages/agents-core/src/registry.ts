import { AgentError } from './agent-error.ts';
import type { Agent } from './agent.ts';
import { checkAgent } from './check-agent.ts';
import { loadAgent } from './load-agent.ts';
import type { LoadAgentOptions } from './load-agent.ts';
import type { Task } from './task.ts';

/** The agents a host can choose from. */
export interface AgentRegistry {
  /**
   * Adds an agent and returns what takes it out again. A replaced agent's place in the order is kept.
   * @throws AgentError `FW_AGENT_INVALID`, `FW_AGENT_SPEC_VERSION`, or `FW_AGENT_DUPLICATE` when the name is taken and `replace` is not set.
   */
  register(agent: Agent, options?: { readonly replace?: boolean }): () => void;
  /**
   * `loadAgent` and `register` in one; when one of them is refused, the registry is as it was. Runs in flight go on
   * with the agents that they were given.
   */
  load(specifier: string, options: LoadAgentOptions & { readonly replace?: boolean }): Promise<Agent>;
  /** @throws AgentError `FW_AGENT_UNKNOWN`, listing the known ones. */
  get(name: string): Agent;
  /** In order of registration; a list of its own, which later changes do not touch. */
  list(): readonly Agent[];
  /** The agents that have the capability and accept the task, in order of registration; empty when there is none. */
  select(query: { readonly capability: string; readonly task: Task }): readonly Agent[];
}

/** Builds a registry; `agents` are registered in order. */
export function createAgentRegistry(agents: readonly Agent[] = []): AgentRegistry {
  const known = new Map<string, Agent>();
  const registry: AgentRegistry = {
    register(value, options = {}) {
      const agent = checkAgent(value, nameOf(value));
      const { name } = agent;
      if (known.has(name) && options.replace !== true) {
        throw new AgentError('FW_AGENT_DUPLICATE', { message: `An agent "${name}" is registered already. Give this one another name, or register it with { replace: true }.` });
      }
      known.set(name, agent);
      return () => {
        if (known.get(name) === agent) known.delete(name);
      };
    },
    async load(specifier, { replace = false, ...options }) {
      const agent = await loadAgent(specifier, options);
      registry.register(agent, { replace });
      return agent;
    },
    get(name) {
      const agent = known.get(name);
      if (agent === undefined) throw new AgentError('FW_AGENT_UNKNOWN', { message: `No agent "${name}" is registered. Known: ${[...known.keys()].join(', ') || 'none'}.` });
      return agent;
    },
    list: () => [...known.values()],
    select: ({ capability, task }) => [...known.values()].filter((agent) => agent.capabilities.includes(capability) && accepts(agent, task)),
  };
  for (const agent of agents) registry.register(agent);
  return registry;
}

function accepts(agent: Agent, task: Task): boolean {
  let answer: unknown;
  try {
    answer = agent.accepts?.(task) ?? true;
  } catch (cause) {
    throw new AgentError('FW_AGENT_INVALID', { message: `Agent "${agent.name}" failed when it was asked whether it accepts task "${task.id}".`, cause });
  }
  // A promise would be taken for yes.
  if (typeof answer !== 'boolean') throw new AgentError('FW_AGENT_INVALID', { message: `Agent "${agent.name}" answered with ${typeof answer} when it was asked whether it accepts task "${task.id}"; accepts gives true or false at once.` });
  return answer;
}

function nameOf(value: unknown): string {
  try {
    const name = (value as { readonly name?: unknown } | null)?.name;
    return typeof name === 'string' ? `Agent "${name.slice(0, 128)}"` : 'The value';
  } catch {
    return 'The value';
  }
}
