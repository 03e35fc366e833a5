import { describe, expect, test } from 'vitest';
import { checkWorkflow, createWorkflowManager, defineWorkflow, softwareDelivery, workflowDiagram } from '@fw/workflow';
import type { WorkflowDefinition } from '@fw/workflow';

const good: WorkflowDefinition = {
  specVersion: 1, name: 'w', version: '1', initial: 'a',
  states: {
    a: { capabilities: ['x', 'y?'], on: { done: { to: 'b', event: 'e', guard: 'g' }, revise: { to: 'a', event: 'again' }, failed: { to: 'gaveUp', event: 'no' } }, approval: { question: 'ok?', when: 'policy' }, timeoutMs: 1, slack: 0 },
    b: { capabilities: ['z'], parallel: true, on: { done: { to: 'end', event: 'e' }, stuck: { to: 'a', event: 'back' }, timeout: { to: 'a', event: 'late' } } },
    end: { final: 'success' }, gaveUp: { final: 'failed' },
  },
};
type Change = (definition: { [key: string]: never }) => void;

describe('defineWorkflow', () => {
  test('gives back a copy that nobody can change from outside', () => {
    const mine = structuredClone(good) as unknown as { states: { a: { slack: number } } };
    const defined = defineWorkflow(mine as never);
    mine.states.a.slack = 5;
    expect(defined).toEqual(good);
    expect(defineWorkflow({ ...good, states: { ...good.states, a: { ...good.states['a'], approval: undefined } as never } }).states['a']).not.toHaveProperty('approval');
    expect(defineWorkflow(softwareDelivery)).toEqual(softwareDelivery);
  });

  test.for<[string, string, Change]>([
    ['another version of the contract', 'specVersion', (w) => { w['specVersion'] = 2 as never; }],
    ['no name', 'name', (w) => { w['name'] = '' as never; }],
    ['an unknown member', 'definition: Unrecognized key: "extra"', (w) => { w['extra'] = 1 as never; }],
    ['an initial state that is not there', 'initial: "nowhere" is not a state', (w) => { w['initial'] = 'nowhere' as never; }],
    ['an initial state that is final', 'initial: "end" is a final state', (w) => { w['initial'] = 'end' as never; }],
    ['an initial state from the prototype', 'initial: "toString" is not a state', (w) => { w['initial'] = 'toString' as never; }],
    ['a state without a way on', 'states.b.on: there is no arrow for "done"', (w) => { (w as never as { states: { [key: string]: unknown } }).states['b'] = { capabilities: ['z'], on: { revise: { to: 'end', event: 'e' } } }; }],
    ['an arrow to nowhere', 'states.a.on.done: "nowhere" is not a state', (w) => { arrow(w, 'a', 'done')['to'] = 'nowhere'; }],
    ['an arrow to a name of the prototype', 'states.a.on.revise: "constructor" is not a state', (w) => { arrow(w, 'a', 'revise')['to'] = 'constructor'; }],
    ['a guard on a way back', 'states.a.on.revise: only the arrow for "done" can have a guard', (w) => { arrow(w, 'a', 'revise')['guard'] = 'g'; }],
    ['an unknown outcome', 'states.a', (w) => { (w as never as { states: { a: { on: { [key: string]: unknown } } } }).states.a.on['maybe'] = { to: 'b', event: 'e' }; }],
    ['a state that nothing leads to', 'states.island: no arrow leads to it', (w) => { (w as never as { states: { [key: string]: unknown } }).states['island'] = { capabilities: ['x'], on: { done: { to: 'end', event: 'e' } } }; }],
    ['a state that no way leads out of', 'states.b: no way leads from it to a final state', (w) => { (w as never as { states: { [key: string]: unknown } }).states['b'] = { capabilities: ['x'], on: { done: { to: 'b', event: 'e' } } }; }],
    ['a circle of done arrows', 'states.b.on.done: following "done" leads back here', (w) => { (w as never as { states: { [key: string]: unknown } }).states['b'] = { capabilities: ['x'], on: { done: { to: 'a', event: 'e' }, revise: { to: 'end', event: 'e' } } }; }],
    ['a working state with the name of a failed run', 'states.failed: this name is kept', (w) => { arrow(w, 'a', 'revise')['to'] = 'failed'; (w as never as { states: { [key: string]: unknown } }).states['failed'] = { capabilities: ['x'], on: { done: { to: 'end', event: 'e' } } }; }],
    ['a name that is no name', 'states.9 lives', (w) => { (w as never as { states: { [key: string]: unknown } }).states['9 lives'] = { final: 'success' }; }],
    ['a name that every object has', 'states.constructor', (w) => { (w as never as { states: { [key: string]: unknown } }).states['constructor'] = { final: 'success' }; }],
    ['no capability', 'states.a', (w) => { (w as never as { states: { a: { capabilities: string[] } } }).states.a.capabilities = []; }],
    ['a limit of no time', 'states.a', (w) => { (w as never as { states: { a: { timeoutMs: number } } }).states.a.timeoutMs = 0; }],
    ['an arrow without a name', 'states.a', (w) => { arrow(w, 'a', 'done')['event'] = ''; }],
  ])('refuses %s and names the place', ([, place, change]) => {
    const bad = structuredClone(good) as never as { [key: string]: never };
    change(bad);
    expect(() => defineWorkflow(bad as never)).toThrow(expect.objectContaining({ code: 'FW_WORKFLOW_ILLEGAL', message: expect.stringContaining(place) as string }) as Error);
  });

  test('refuses what is no definition at all', () => {
    const cycle: { [key: string]: unknown } = {};
    cycle['self'] = cycle;
    for (const nothing of [null, undefined, 7, 'w', [], {}, cycle, 1n]) {
      expect(() => defineWorkflow(nothing as never)).toThrow(expect.objectContaining({ code: 'FW_WORKFLOW_ILLEGAL' }) as Error);
    }
  });
});

describe('checkWorkflow', () => {
  test('lists every problem with its place, and never throws', () => {
    expect(checkWorkflow(softwareDelivery)).toEqual([]);
    expect(checkWorkflow({ ...good, initial: 'nowhere', states: { ...good.states, b: { capabilities: ['z'], on: { revise: { to: 'lost', event: 'e' } } } } })).toEqual([
      { place: 'initial', message: '"nowhere" is not a state' },
      { place: 'states.b.on', message: 'there is no arrow for "done"' },
      { place: 'states.b.on.revise', message: '"lost" is not a state' },
    ]);
    expect(() => defineWorkflow({ ...good, initial: 'x' })).toThrow(expect.objectContaining({ details: [{ place: 'initial', message: '"x" is not a state' }] }) as Error);
    for (const nothing of [null, undefined, 7, [], {}, { states: null }, JSON.parse('{"__proto__":{"a":1}}'), { get name() { throw new Error('no'); } }]) expect(checkWorkflow(nothing).length).toBeGreaterThan(0);
  });
});

describe('workflowDiagram', () => {
  test('draws every state and every arrow, with events, guards and who works where', () => {
    const agents = ['initialize', 'plan', 'analyse', 'design', 'review-design', 'implement', 'test', 'review', 'validate', 'judge'].map((capability) => ({ specVersion: 1 as const, name: `agent-${capability}`, capabilities: [capability], process: async () => ({ status: 'done' as const, artifacts: [] }) }));
    const { selection } = createWorkflowManager({ agents: { list: () => agents } }).createWorkflow({ id: 't', goal: 'g' } as never);
    const lines = workflowDiagram(softwareDelivery, selection).split('\n');
    expect(lines.slice(0, 2)).toEqual(['stateDiagram-v2', '  [*] --> initialize']);
    expect(lines).toContain('  validation --> analysis : needs-revision (revise)');
    expect(lines).toContain('  testing --> validation : tests-pass [tests-pass]');
    expect(lines).toContain('  success --> [*]');
    expect(lines.find((line) => line.startsWith('  design : '))).toBe('  design : design<br/>design, review-design<br/>by agent-design, agent-review-design<br/>approval#58; policy');
    const arrows = Object.values(softwareDelivery.states).flatMap((state) => ('on' in state ? Object.values(state.on) : []));
    expect(lines.filter((line) => /^ {2}\w+ --> \w/.test(line))).toHaveLength(arrows.length);
  });

  test('nothing in a name can leave its label', () => {
    const diagram = workflowDiagram({ ...good, states: { ...good.states, a: { ...good.states['a']!, capabilities: ['x\n  a --> end : <script>'] } } as never });
    expect(diagram).not.toContain('<script>');
    expect(diagram.split('\n').filter((line) => line.includes('script'))).toHaveLength(1);
  });
});

const arrow = (definition: object, state: string, outcome: string): { [key: string]: string } =>
  (definition as { states: { [key: string]: { on: { [key: string]: { [key: string]: string } } } } }).states[state]!.on[outcome]!;
