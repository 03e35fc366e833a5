import { describe, expect, it } from 'vitest';
import { createAgentRegistry } from '../src/index.ts';
import type { Agent, Task } from '../src/index.ts';

const task: Task = { specVersion: 1, id: 't', goal: 'g' };
const agent = (name: string, more: Partial<Agent> = {}): Agent => ({ specVersion: 1, name, capabilities: ['plan'], process: async () => ({ status: 'done', artifacts: [] }), ...more });

describe('the registry', () => {
  it('gives agents by name and lists them in order of registration', () => {
    const [b, a] = [agent('b'), agent('a')];
    const registry = createAgentRegistry([b, a]);
    expect(registry.get('a')).toBe(a);
    expect(registry.list()).toEqual([b, a]);
  });

  it('selects by capability the agents that accept the task', () => {
    const registry = createAgentRegistry([agent('a', { accepts: (candidate) => candidate.id !== 't' }), agent('b'), agent('c', { capabilities: ['review'] }), agent('d')]);
    expect(registry.select({ capability: 'plan', task }).map(({ name }) => name)).toEqual(['b', 'd']);
    expect(registry.select({ capability: 'test', task })).toEqual([]);
  });

  it('takes no promise for yes', () => {
    const registry = createAgentRegistry([agent('slow', { accepts: (async () => false) as never })]);
    expect(() => registry.select({ capability: 'plan', task })).toThrow(expect.objectContaining({ code: 'FW_AGENT_INVALID', message: expect.stringContaining('"slow" answered with object') as string }));
  });

  it('names the agent that fails when asked whether it accepts a task', () => {
    const registry = createAgentRegistry([agent('bad', { accepts: () => { throw new Error('x'); } })]);
    expect(() => registry.select({ capability: 'plan', task })).toThrow(expect.objectContaining({ code: 'FW_AGENT_INVALID', message: expect.stringContaining('"bad"') }));
  });

  it('refuses a name that is taken unless it is to be replaced, and keeps its place then', () => {
    const registry = createAgentRegistry([agent('a'), agent('b')]);
    expect(() => registry.register(agent('a'))).toThrow(expect.objectContaining({ code: 'FW_AGENT_DUPLICATE' }));
    const better = agent('a');
    registry.register(better, { replace: true });
    expect(registry.list()[0]).toBe(better);
  });

  it('takes out only what was registered', () => {
    const registry = createAgentRegistry();
    const remove = registry.register(agent('a'));
    registry.register(agent('a', { version: '2.0.0' }), { replace: true });
    remove();
    expect(registry.get('a').version).toBe('2.0.0');
  });

  it('names what it knows when an agent is unknown', () => {
    expect(() => createAgentRegistry([agent('a')]).get('b')).toThrow(expect.objectContaining({ code: 'FW_AGENT_UNKNOWN', message: 'No agent "b" is registered. Known: a.' }));
  });

  it('refuses another version of the contract and names both', () => {
    expect(() => createAgentRegistry([agent('old', { specVersion: 7 as never })])).toThrow(expect.objectContaining({ code: 'FW_AGENT_SPEC_VERSION', message: expect.stringMatching(/"old" implements version 7 .* version 1/) }));
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a function', () => {}],
    ['an empty object', {}],
    ['no capabilities', agent('a', { capabilities: [] })],
    ['a name with blanks', agent('a b')],
    ['process missing', { ...agent('a'), process: undefined }],
    ['cleanup not a function', { ...agent('a'), cleanup: 1 }],
    ['a getter that throws', { ...agent('a'), get process() { throw new Error('x'); } }],
  ])('refuses %s', (_, value) => {
    expect(() => createAgentRegistry([value as Agent])).toThrow(expect.objectContaining({ code: 'FW_AGENT_INVALID' }));
  });
});
