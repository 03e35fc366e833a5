import { describe, expect, test } from 'vitest';
import type { Result, RevisionRequest } from '@fw/agents-core';
import { defineWorkflow, softwareDelivery, transition } from '@fw/workflow';
import type { Facts, RunState, WorkflowDefinition } from '@fw/workflow';
import { firstState } from '../src/run-state.ts';

const done: Result = { status: 'done', artifacts: [] };
const failed: Result = { status: 'failed', artifacts: [], code: 'MY_CODE', message: 'no way' };
const wants = (...what: string[]): readonly RevisionRequest[] => what.map((text, index) => ({ id: `r${index}`, what: text, evidence: ['e1'] }));
const revise = (...what: string[]): Result => ({ status: 'revise', artifacts: [], requests: wants(...what) });
const guards = Object.fromEntries(['requirements-clear', 'analysis-complete', 'design-approved', 'code-complete', 'tests-pass', 'success'].map((name) => [name, true]));
const facts = (more: Partial<Facts> = {}): Facts => ({ evidence: [], guards, ...more });
/** Moves on with each result in turn; each sees another tree, so that nothing is a cycle. */
const move = (state: RunState, ...results: Result[]): RunState => results.reduce((at, result, index) => transition(softwareDelivery, at, result, facts({ tree: `${at.last?.event}${index}${Object.values(at.visits).join()}` })), state);
const begin = firstState('initialize');
const note = (id: string): Result['artifacts'][number] => ({ id, kind: 'note', title: id, schema: 'note@1', content: 1, producer: { agent: 'a', version: '1', key: 'k' } });

describe('software delivery', () => {
  test('goes from the task to success by the arrows of the plan', () => {
    const events: string[] = [];
    const states: string[] = [begin.state];
    let state = begin;
    while (state.state !== 'success') {
      state = move(state, done);
      events.push(state.last!.event);
      states.push(state.state);
    }
    expect(states).toEqual(['initialize', 'planning', 'analysis', 'design', 'implementation', 'testing', 'validation', 'success']);
    expect(events).toEqual(['new-task', 'requirements-clear', 'analysis-complete', 'design-approved', 'code-complete', 'tests-pass', 'success']);
  });

  test('goes back from validation to analysis, from testing to implementation and from design to design', () => {
    const design = move(begin, done, done, done);
    const again = move(design, revise('too big'));
    expect(again).toMatchObject({ state: 'design', visits: { design: 2 }, requests: wants('too big'), last: { event: 'design-rejected', outcome: 'revise' } });
    const testing = move(design, done, done);
    expect(move(testing, revise('test 1 fails'))).toMatchObject({ state: 'implementation', visits: { implementation: 2 }, last: { event: 'tests-fail' } });
    const validation = move(testing, done);
    const analysis = move(validation, revise('coverage fell'));
    expect(analysis).toMatchObject({ state: 'analysis', requests: wants('coverage fell'), last: { event: 'needs-revision' } });
  });

  test('requests stay open until the state that raised them lets the work pass', () => {
    const analysis = move({ ...begin, state: 'validation', visits: { analysis: 1, validation: 1 } }, revise('coverage fell'));
    let state = analysis;
    for (; state.state !== 'success'; state = move(state, done)) expect(state.requests).toEqual(wants('coverage fell'));
    expect(state.requests).toEqual([]);
  });

  test.for(['planning', 'analysis', 'design', 'implementation', 'testing', 'validation'])('does not leave %s when its guard does not hold, whatever the agent said', (name) => {
    const state: RunState = { ...begin, state: name, visits: { [name]: 1 } };
    const work = softwareDelivery.states[name] as { on: { [outcome: string]: { to: string; guard?: string } } };
    const guard = work.on['done']!.guard!;
    const refused = transition(softwareDelivery, state, done, facts({ guards: { ...guards, [guard]: { holds: false, requests: wants('measured otherwise') } } }));
    expect(refused).toMatchObject({ state: work.on['revise']!.to, requests: wants('measured otherwise'), last: { outcome: 'revise' } });
    for (const answer of [false, undefined, 'yes', 1, { holds: true, requests: [] }]) {
      expect(transition(softwareDelivery, state, done, facts({ guards: { ...guards, [guard]: answer as never } })).state).toBe(work.on['revise']!.to);
    }
  });
});

describe('transition', () => {
  test('keeps the artifacts of every outcome', () => {
    const state = { ...begin, artifacts: [note('old')] };
    for (const result of [{ ...done, artifacts: [note('new')] }, { ...failed, artifacts: [note('new')] }]) {
      expect(transition(softwareDelivery, state, result, facts()).artifacts.map(({ id }) => id)).toEqual(['old', 'new']);
    }
  });

  test('a failure without an arrow ends the run with its own code', () => {
    expect(transition(softwareDelivery, begin, failed, facts())).toMatchObject({ state: 'failed', last: { outcome: 'failed', event: 'failed', code: 'MY_CODE', message: 'no way' } });
  });

  test('a revision without a way back ends the run, naming the guard and the requests', () => {
    const machine = oneWay({});
    expect(transition(machine, firstState('a'), revise('x'), facts()).last).toMatchObject({ code: 'FW_WORKFLOW_REJECTED', message: 'State "a" cannot be left: it was sent back: x [e1].' });
    expect(transition(oneWay({ guard: 'success' }), firstState('a'), done, facts({ guards: { success: false } })).last).toMatchObject({ code: 'FW_WORKFLOW_REJECTED', message: expect.stringContaining('the guard "success" does not hold') as string });
  });

  test('a run that has ended does not move', () => {
    for (const state of ['success', 'failed', 'nowhere']) expect(() => transition(softwareDelivery, { ...begin, state }, done, facts())).toThrow(expect.objectContaining({ code: 'FW_WORKFLOW_ILLEGAL' }) as Error);
  });

  test('does not change what it was given', () => {
    const state = freeze({ ...begin, state: 'design', visits: { design: 1 } });
    transition(softwareDelivery, state, freeze(revise('x')), freeze(facts({ tree: 't', vector: [1] })));
  });
});

describe('progress or stop', () => {
  const back = (state: RunState, what: readonly string[], measured: Partial<Facts>): RunState => transition(softwareDelivery, { ...state, state: 'testing' }, revise(...what), facts(measured));
  const testing = { ...begin, state: 'testing', visits: { implementation: 1, testing: 1 } };

  test('the same files with the same problems stop the run at once, naming where it went round', () => {
    const once = back(testing, ['a fails', 'b fails'], { tree: 't1', vector: [3] });
    expect(once).toMatchObject({ state: 'implementation' });
    const twice = back(once, ['b fails', 'a fails'], { tree: 't1', vector: [3] });
    expect(twice).toMatchObject({ state: 'failed', last: { outcome: 'stuck', code: 'FW_WORKFLOW_CYCLE', message: expect.stringContaining('from "testing" back to "implementation"') as string } });
    const later = back(back(once, ['a fails'], { tree: 't2', vector: [4] }), ['a fails', 'b fails'], { tree: 't1', vector: [3] });
    expect(later.last).toMatchObject({ code: 'FW_WORKFLOW_CYCLE' });
  });

  test('another tree, other problems or other values are no cycle', () => {
    const once = back(testing, ['a'], { tree: 't1', vector: [3] });
    expect(back(once, ['a'], { tree: 't2', vector: [3] }).state).toBe('implementation');
    expect(back(once, ['b'], { tree: 't1', vector: [3] }).state).toBe('implementation');
    expect(back(once, ['a'], { tree: 't1', vector: [4] }).state).toBe('implementation');
  });

  test.for([[undefined, 3], [0, 0], [1, 1], [5, 5]] as const)('with a slack of %s, the run stops after %d returns without progress', ([slack, allowed]) => {
    const implementation = { ...softwareDelivery.states['implementation']!, ...(slack !== undefined && { slack }) };
    const machine = { ...softwareDelivery, states: { ...softwareDelivery.states, implementation } } as WorkflowDefinition;
    let state: RunState = testing;
    let returns = -1;
    for (; state.state !== 'failed' && returns < 50; returns++) state = transition(machine, { ...state, state: 'testing' }, revise('a'), facts({ tree: `t${returns}`, vector: [1] }));
    // The first return has nothing to be compared with.
    expect(returns).toBe(allowed + 1);
    expect(state.last).toMatchObject({ code: 'FW_WORKFLOW_STUCK', outcome: 'stuck', message: expect.stringContaining('without progress') as string });
  });

  test('a run that makes progress goes on for a hundred rounds: fewer failing checks, or better values at the same number', () => {
    let state: RunState = testing;
    for (let round = 0; round < 100; round++) {
      const failing = Array.from({ length: 100 - Math.floor(round / 2) }, (_, index) => `check ${index} fails`);
      state = back(state, failing, { tree: `t${round}`, vector: [1, round % 2] });
      expect(state.state).toBe('implementation');
    }
    expect(state.visits['implementation']).toBe(101);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  test('worse values do not become progress by being different', () => {
    let state: RunState = testing;
    for (let round = 0; round < 5; round++) state = back(state.state === 'failed' ? testing : state, ['a'], { tree: `t${round}`, vector: [10 - round] });
    expect(state.last).toMatchObject({ code: 'FW_WORKFLOW_STUCK' });
  });

  test('stuck, failed and timeout may lead elsewhere, but not round and round', () => {
    const machine = defineWorkflow({
      specVersion: 1, name: 'w', version: '1', initial: 'a',
      states: { a: { capabilities: ['x'], slack: 2, on: { done: { to: 'end', event: 'e' }, revise: { to: 'a', event: 'again' }, failed: { to: 'a', event: 'retry' }, stuck: { to: 'helper', event: 'help' } } }, helper: { capabilities: ['y'], on: { done: { to: 'a', event: 'helped' }, revise: { to: 'end', event: 'e' } } }, end: { final: 'success' } },
    });
    const stuck = [1, 2].reduce((state) => transition(machine, state, revise('same'), facts()), firstState('a'));
    expect(stuck).toMatchObject({ state: 'helper', last: { code: 'FW_WORKFLOW_CYCLE' } });
    let state = firstState('a');
    let rounds = 0;
    for (; state.state !== 'failed' && rounds < 50; rounds++) state = transition(machine, state, failed, facts());
    expect(rounds).toBe(3);
    expect(state.last).toMatchObject({ code: 'MY_CODE' });
  });
});

function oneWay(more: { readonly guard?: string }): WorkflowDefinition {
  return defineWorkflow({ specVersion: 1, name: 'w', version: '1', initial: 'a', states: { a: { capabilities: ['x'], on: { done: { to: 'end', event: 'e', ...more } } }, end: { final: 'success' } } });
}

function freeze<T>(value: T): T {
  if (value !== null && typeof value === 'object') {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
