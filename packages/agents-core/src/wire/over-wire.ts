import type { Json } from '@fw/models';
import type { Agent } from '../agent.ts';
import { connectAgent } from './connect-agent.ts';
import { serveAgent } from './serve-agent.ts';

/** The agent as if it ran in another process: everything between it and its context is sent as JSON, in this process. */
export function overWire(agent: Agent): Agent {
  const served = serveAgent(agent);
  const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value ?? null)) as T;
  const connected = connectAgent(copy(served.description), {
    send: async (message, { signal = new AbortController().signal, onMessage }) => copy(await served.receive(copy(message), async (said) => onMessage(copy(said)), signal)),
    initialize: (config: Json, log) => served.initialize(copy(config), async (said) => { if (said.type === 'log') log(said.message, said.data); }),
    cleanup: (reason) => served.cleanup(reason),
  });
  return agent.accepts === undefined ? connected : { ...connected, accepts: (task) => agent.accepts?.(task) ?? true };
}
