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
