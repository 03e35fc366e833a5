import { describe, expect, test } from 'vitest';
import type { Agent, Result, Task } from '@fw/agents-core';
import { createWorkflowManager, defineWorkflow, memoryStore, projectEntries, softwareDelivery } from '@fw/workflow';
import { openEngine } from './programs.ts';

const task: Task = { id: 'task-1', goal: 'x' } as Task;
const agent = (name: string, capabilities: readonly string[], more: Partial<Agent> = {}): Agent => ({ specVersion: 1, name, capabilities, process: async () => ({ status: 'done', artifacts: [] }), ...more });
const managerOf = (agents: readonly Agent[], more: Partial<Parameters<typeof createWorkflowManager>[0]> = {}): ReturnType<typeof createWorkflowManager> => createWorkflowManager({ agents: { list: () => agents }, ...more });
const team = [
  agent('framework', ['initialize']), agent('architect', ['plan', 'analyse', 'design']), agent('reviewer', ['review-design', 'review']), agent('developer', ['implement']),
  agent('runner', ['test']), agent('validator', ['validate']), agent('judge', ['judge']),
];
const machine = defineWorkflow({
  specVersion: 1, name: 'm', version: '1', initial: 'work',
  states: { work: { capabilities: ['work', 'audit?'], on: { done: { to: 'end', event: 'worked' } } }, end: { final: 'success' } },
});

describe('selectAgents', () => {
  test('gives every state the agents of its capabilities, in their order', () => {
    expect(managerOf(team).selectAgents(task)).toEqual({
      initialize: ['framework'], planning: ['architect'], analysis: ['architect'], design: ['architect', 'reviewer'],
      implementation: ['developer'], testing: ['runner'], validation: ['reviewer', 'validator', 'judge'],
    });
  });

  test('takes the first registered of several, and the same one every time', () => {
    const agents = [agent('b', ['work']), agent('a', ['work']), agent('c', ['work', 'work'])];
    for (let round = 0; round < 5; round++) expect(managerOf(agents, { definition: machine }).selectAgents(task)).toEqual({ work: ['b'] });
  });

  test('takes all agents of an optional capability, or none', () => {
    expect(managerOf([agent('a', ['work'])], { definition: machine }).selectAgents(task)).toEqual({ work: ['a'] });
    expect(managerOf([agent('x', ['audit']), agent('a', ['work']), agent('y', ['audit'])], { definition: machine }).selectAgents(task)).toEqual({ work: ['a', 'x', 'y'] });
  });

  test('leaves out agents that do not accept the task', () => {
    const agents = [agent('picky', ['work'], { accepts: () => false }), agent('plain', ['work']), agent('auditor', ['audit'], { accepts: ({ goal }) => goal === 'y' })];
    expect(managerOf(agents, { definition: machine }).selectAgents(task)).toEqual({ work: ['plain'] });
    expect(() => managerOf(agents.slice(0, 1), { definition: machine }).selectAgents(task)).toThrow(/picky \(work\), which does not accept it/);
  });

  test('names the state, the capability and who is there when nobody has it', () => {
    expect(() => managerOf(team.filter(({ name }) => name !== 'judge')).createWorkflow(task)).toThrow(expect.objectContaining({
      code: 'FW_WORKFLOW_NO_AGENT', message: expect.stringMatching(/State "validation".*capability "judge".*developer \(implement\)/) as string,
    }) as Error);
    expect(() => managerOf([]).selectAgents(task)).toThrow(/registered: none/);
  });
});

test('generateSteps lists the straight way through with its agents and events', () => {
  const { steps } = managerOf(team).createWorkflow(task);
  expect(steps.map(({ state, agent: name, event }) => `${state} ${name} ${event}`)).toEqual([
    'initialize framework new-task', 'planning architect requirements-clear', 'analysis architect analysis-complete', 'design architect design-approved', 'design reviewer design-approved',
    'implementation developer code-complete', 'testing runner tests-pass', 'validation reviewer success', 'validation validator success', 'validation judge success',
  ]);
});

describe('handleFailure', () => {
  const { handleFailure } = managerOf(team);
  test.for([
    ['a bug, first time', 'FW_STEP_FAILED', 1, [], 'retry'],
    ['a fault of the network', 'ECONNRESET', 1, ['other'], 'retry'],
    ['a bug again, with another agent there', 'FW_STEP_FAILED', 2, ['other', 'third'], 'another-agent'],
    ['a bug again, with nobody else', 'FW_STEP_FAILED', 2, [], 'stop'],
    ['a coded error, with another agent there', 'FW_AGENT_INVALID', 1, ['other'], 'another-agent'],
    ['a coded error, with nobody else', 'FW_AGENT_INVALID', 1, [], 'stop'],
    ['an agent that threw', 'FW_AGENT_THREW', 1, [], 'retry'],
  ] as const)('%s', ([, code, attempt, others, action]) => {
    const decision = handleFailure({ code, message: 'm', agent: 'a', attempt, others });
    expect(decision).toMatchObject({ action, reason: `a: ${code}: m`, ...(action === 'another-agent' && { agent: 'other' }) });
  });
});

describe('execute', () => {
  test('drives the workflow to its end and journals who was chosen', async () => {
    const store = memoryStore();
    const engine = openEngine({ store, agents: team, host: () => ({ context: () => () => ({}) as never, facts: () => ({ evidence: [], guards: Object.fromEntries(['requirements-clear', 'analysis-complete', 'design-approved', 'code-complete', 'tests-pass', 'success'].map((name) => [name, true])) }) }) });
    const manager = managerOf(team, { engine });
    const workflow = manager.createWorkflow(task);
    expect(await manager.execute(workflow, { id: 'r' })).toMatchObject({ status: 'success', state: { state: 'success' } });
    const chosen = projectEntries(await store.read('r')).find((entry) => entry.key === 'r/workflow#1');
    expect(chosen?.output).toEqual({ agents: workflow.selection, steps: workflow.steps });
    expect(workflow.ties).toEqual([]);
    expect(await manager.execute(workflow)).toMatchObject({ status: 'success' });
    expect(softwareDelivery).toEqual(workflow.definition);
  });

  test('without an engine says so', async () => {
    await expect(managerOf(team).execute(managerOf(team).createWorkflow(task))).rejects.toMatchObject({ code: 'FW_WORKFLOW_NO_HOST' });
  });

  test('tries an agent that threw once more, then another one that can do the same, and keeps that after a restart', async () => {
    const store = memoryStore();
    const calls: string[] = [];
    let waits = true;
    const broken = agent('broken', ['work'], { process: async (context) => { await context.step('try', () => { calls.push('broken'); return 1; }); throw new Error('bug'); } });
    const sound = agent('sound', ['work'], { process: async (context): Promise<Result> => { await context.step('try', () => { calls.push('sound'); return 1; }); if (waits) await context.waitFor('go'); return { status: 'done', artifacts: [] }; } });
    const first = openEngine({ store, agents: [broken, sound] });
    const run = await first.start({ id: 'r', definition: machine, input: task as never });
    await run.settled();
    await run.signal('go', 1);
    await first.close();
    const again = await openEngine({ store, agents: [broken, sound] }).attach('r');
    expect(await again.result()).toMatchObject({ status: 'success' });
    waits = false;
    expect(calls).toEqual(['broken', 'broken', 'sound']);
    expect(projectEntries(await store.read('r')).filter((entry) => entry.key.includes('/failure#')).map((entry) => (entry.output as { action: string }).action)).toEqual(['retry', 'another-agent']);
  });

  test('ends the run with the code of the error when nobody else can do it', async () => {
    const engine = openEngine({ store: memoryStore(), agents: [agent('a', ['work'], { process: async () => ({ status: 'nonsense' }) as never })] });
    const run = await engine.start({ id: 'r', definition: machine, input: task as never });
    expect(await run.result()).toMatchObject({ status: 'failed', code: 'FW_AGENT_INVALID', message: expect.stringContaining('status') as string });
  });
});

describe('a choice', () => {
  test('between agents that can do the same is the first registered one, told and journaled with the others', async () => {
    const store = memoryStore();
    const agents = [agent('b', ['work']), agent('a', ['work', 'audit']), agent('picky', ['work'], { accepts: () => false })];
    const ties = [{ state: 'work', capability: 'work', chosen: 'b', others: ['a'], reason: 'registered first' }];
    expect(managerOf(agents, { definition: machine }).createWorkflow(task).ties).toEqual(ties);
    const engine = openEngine({ store, agents });
    await (await engine.start({ id: 'r', definition: machine, input: task as never })).result();
    expect(projectEntries(await store.read('r'))[0]).toMatchObject({ key: 'r/workflow#1', output: { ties } });
  });

  test('after a failure can be a policy of one\'s own, is journaled, holds on replay, and cannot go on for ever', async () => {
    const machineBack = defineWorkflow({ ...machine, states: { work: { capabilities: ['work'], on: { done: { to: 'check', event: 'worked' } } }, check: { capabilities: ['check'], on: { done: { to: 'end', event: 'good' }, revise: { to: 'work', event: 'bad' } } }, end: { final: 'success' } } });
    const requests: string[][] = [];
    let failures = 0;
    const agents = [
      agent('worker', ['work'], { process: async (context) => { requests.push(context.requests.map(({ what }) => what)); return { status: 'done', artifacts: [] }; } }),
      agent('checker', ['check'], { process: async (context) => { if (context.visit === 1) { failures++; throw new Error('the file is cut off'); } return { status: 'done', artifacts: [] }; } }),
    ];
    const store = memoryStore();
    const engine = openEngine({ store, agents, handleFailure: ({ code, canRevise }) => (canRevise ? { action: 'revise', reason: code } : { action: 'stop', reason: code }) });
    const run = await engine.start({ id: 'r', definition: machineBack, input: task as never });
    expect(await run.result()).toMatchObject({ status: 'success', state: { visits: { work: 2, check: 2 } } });
    expect([failures, requests]).toEqual([1, [[], ['the file is cut off']]]);
    expect(await engine.replay('r')).toMatchObject({ complete: true });

    const broken = [agent('a', ['work'], { process: async () => { failures++; throw new Error('always'); } })];
    const policies: readonly [() => never, RegExp][] = [
      [() => ({ action: 'retry', reason: 'r' }) as never, /tried 10 times/], [() => ({ action: 'another-agent', agent: 'nobody', reason: 'r' }) as never, /cannot take over/],
      [() => ({ action: 'revise', reason: 'r' }) as never, /no way back/], [() => undefined as never, /no decision/], [() => { throw new Error('policy bug'); }, /policy bug/],
    ];
    for (const [handleFailure, says] of policies) {
      const own = memoryStore();
      const outcome = await (await openEngine({ store: own, agents: broken, handleFailure }).start({ id: 'r', definition: machine, input: task as never })).result();
      expect(outcome).toMatchObject({ status: 'failed', message: 'always' });
      expect(JSON.stringify(projectEntries(await own.read('r')).findLast((entry) => entry.key.includes('/failure#'))?.output)).toMatch(says);
    }
  });

  test('an error with the code FW_WORKFLOW_REVISE sends the work back where there is a way', () => {
    const { handleFailure } = managerOf(team);
    const failure = { code: 'FW_WORKFLOW_REVISE', message: 'm', agent: 'a', attempt: 1, others: [] };
    expect(handleFailure({ ...failure, canRevise: true })).toMatchObject({ action: 'revise' });
    expect(handleFailure(failure)).toMatchObject({ action: 'stop' });
  });
});
