import { AgentError } from './agent-error.ts';
import type { Agent } from './agent.ts';

const supported = 1;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Checks that a value from outside is an agent of the version that is spoken here, and gives it back.
 * @throws AgentError `FW_AGENT_SPEC_VERSION`, naming both versions; `FW_AGENT_INVALID`, naming each place that is wrong.
 */
export function checkAgent(value: unknown, origin: string): Agent {
  const places = findProblems(value, origin);
  if (places.length > 0) throw new AgentError('FW_AGENT_INVALID', { message: `${origin} is not an agent: ${places.join('; ')}.` });
  return value as Agent;
}

function findProblems(value: unknown, origin: string): readonly string[] {
  if (value === null || typeof value !== 'object') return [`it is ${value === null ? 'null' : typeof value}, not an object`];
  const agent = readMembers(value as Record<string, unknown>, origin);
  if (typeof agent.specVersion === 'number' && agent.specVersion !== supported) {
    throw new AgentError('FW_AGENT_SPEC_VERSION', { message: `${origin} implements version ${agent.specVersion} of the agent contract; this host speaks version ${supported}. Install a version of one of them that fits the other.` });
  }
  const { capabilities } = agent;
  const places: string[] = [];
  if (agent.specVersion !== supported) places.push(`specVersion must be ${supported}`);
  if (typeof agent.name !== 'string' || !namePattern.test(agent.name)) places.push('name must be letters, digits, ".", "_" and "-", at most 128');
  for (const name of ['version', 'fingerprint'] as const) {
    if (agent[name] !== undefined && typeof agent[name] !== 'string') places.push(`${name} must be a string`);
  }
  if (!Array.isArray(capabilities) || capabilities.length === 0 || !capabilities.every((item) => typeof item === 'string' && item !== '')) places.push('capabilities must be a list of at least one name');
  if (typeof agent.process !== 'function') places.push('process must be a function');
  for (const name of ['accepts', 'initialize', 'cleanup'] as const) {
    if (agent[name] !== undefined && typeof agent[name] !== 'function') places.push(`${name} must be a function`);
  }
  return places;
}

/** Read once, as a member of a stranger's object may be a getter that throws. */
function readMembers(value: Record<string, unknown>, origin: string): { readonly [Name in keyof Agent]?: unknown } {
  try {
    const { specVersion, name, version, fingerprint, capabilities, accepts, initialize, process, cleanup } = value;
    return { specVersion, name, version, fingerprint, capabilities, accepts, initialize, process, cleanup };
  } catch (cause) {
    throw new AgentError('FW_AGENT_INVALID', { message: `${origin} is not an agent: reading its members failed.`, cause });
  }
}
