import { describe, expect, it } from 'vitest';
import { transitionAgent } from '../src/index.ts';
import type { AgentEvent, AgentState } from '../src/index.ts';

describe('the life of an agent', () => {
  it('leads from created to disposed, with a question and a second visit', () => {
    const events: AgentEvent[] = ['initialize', 'process', 'wait', 'resume', 'finish', 'process', 'finish', 'cleanup', 'cleanup'];
    const states = events.reduce<AgentState[]>((path, event) => [...path, transitionAgent(path.at(-1) ?? 'created', event)], ['created']);
    expect(states).toEqual(['created', 'ready', 'running', 'waiting', 'running', 'done', 'running', 'done', 'disposed', 'disposed']);
  });

  it('can fail anywhere before its end and then only be cleaned up', () => {
    for (const state of ['created', 'ready', 'running', 'waiting'] as const) expect(transitionAgent(state, 'fail')).toBe('failed');
    expect(transitionAgent('failed', 'cleanup')).toBe('disposed');
  });

  it('refuses what is not possible and says what is', () => {
    expect(() => transitionAgent('created', 'process')).toThrow(expect.objectContaining({ code: 'FW_AGENT_LIFECYCLE', message: 'An agent that is created cannot process. Possible: initialize, fail, cleanup.' }));
    for (const [state, event] of [['ready', 'toString'], ['__proto__', 'cleanup']] as const) expect(() => transitionAgent(state as AgentState, event as AgentEvent)).toThrow(expect.objectContaining({ code: 'FW_AGENT_LIFECYCLE' }));
  });
});
