import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFramework, loadConfig, softwareDelivery } from '@fw/framework';
import type { Json, RunEvent, WorkflowDefinition } from '@fw/framework';
import { workflowProblem } from '../src/run-workflow.ts';
import { configOf, developerWrites, makeProject } from './scripted-team.ts';

/** No analysis and no design; a person looks before the gate. */
const short: WorkflowDefinition = {
  specVersion: 1, name: 'short', version: '1', initial: 'initialize',
  states: {
    initialize: { capabilities: ['initialize'], on: { done: { to: 'planning', event: 'begun' } } },
    planning: { capabilities: ['plan'], on: { done: { to: 'coding', event: 'planned', guard: 'requirements-clear' } } },
    coding: { capabilities: ['implement'], on: { done: { to: 'measuring', event: 'coded', guard: 'code-complete' } }, approval: { question: 'Is this what you wanted?', when: 'policy' } },
    measuring: { capabilities: ['test', 'validate', 'judge'], on: { done: { to: 'shipped', event: 'good', guard: 'success' }, revise: { to: 'coding', event: 'not-good' } } },
    shipped: { final: 'success' },
  },
};
const asJson = (definition: WorkflowDefinition): { readonly [key: string]: Json } => definition as unknown as { readonly [key: string]: Json };
const withStates = (states: WorkflowDefinition['states']): { readonly [key: string]: Json } => asJson({ ...short, states: { ...short.states, ...states } });

describe('a machine of one\'s own', () => {
  it('is what runs go through, asks where it says, and ends at the gate', async () => {
    const { directory, home } = await makeProject();
    await mkdir(home);
    await writeFile(path.join(directory, 'machine.yaml'), JSON.stringify(short));
    await writeFile(path.join(directory, 'fw.config.json'), JSON.stringify(configOf(developerWrites('n * 2'), { workflow: { definition: './machine.yaml', approvals: ['coding'] } })));
    const { config } = await loadConfig({ workspace: directory, home, environment: {} });
    const framework = createFramework({ config, home, sandbox: 'preferred' });
    const started = await framework.start('Add double(n).', { workspace: directory, id: 'r1' });
    expect(await started.result()).toMatchObject({ status: 'waiting' });
    expect(await framework.show('r1')).toMatchObject({ questions: [{ gate: 'coding', text: 'Is this what you wanted?' }] });
    // A run keeps the machine it was begun with.
    await writeFile(path.join(directory, 'machine.yaml'), '{}');
    await framework.answer('r1', { decision: 'approve', by: 'ada' });
    const events: RunEvent[] = [];
    const resumed = await framework.resume('r1');
    for await (const event of resumed.events()) events.push(event);
    expect(await resumed.result()).toMatchObject({ status: 'success', verdict: { verdict: 'accepted' } });
    expect(events.flatMap((event) => (event.type === 'state.left' ? [event.event] : []))).toEqual(['begun', 'planned', 'coded', 'good']);
    expect(events.filter(({ type }) => type === 'verdict.given')).toHaveLength(1);
    expect(await framework.replay('r1')).toMatchObject({ complete: true });
    await framework.close();
    const other = createFramework({ config: { ...config, workflow: {} }, home, sandbox: 'preferred' });
    expect(await (await other.resume('r1')).result()).toMatchObject({ status: 'success' });
    await other.close();
  });

  it.each<[string, string | { readonly [key: string]: Json }, string]>([
    ['lets the gate out', withStates({ measuring: { capabilities: ['test'], on: { done: { to: 'shipped', event: 'good' } } } }), 'states.measuring.on.done: an arrow into "shipped" needs the guard "success"'],
    ['goes round the gate on another outcome', withStates({ measuring: { capabilities: ['test'], on: { done: { to: 'shipped', event: 'good', guard: 'success' }, revise: { to: 'shipped', event: 'bad' } } } }), 'states.measuring.on.revise: an arrow into "shipped"'],
    ['asks for what nobody measures', withStates({ coding: { capabilities: ['implement'], on: { done: { to: 'measuring', event: 'coded', guard: 'code-complet' } } } }), 'states.coding.on.done.guard: "code-complet" is not possible; did you mean "code-complete"?'],
    ['wants a plan in a state that the architect does not know', withStates({ planning: { capabilities: ['analyse'], on: { done: { to: 'coding', event: 'planned' } } } }), 'states.planning.capabilities.0: "analyse" is done in a state named "analysis"'],
    ['has an arrow to nowhere', withStates({ planning: { capabilities: ['plan'], on: { done: { to: 'away', event: 'planned' } } } }), 'states.planning.on.done: "away" is not a state'],
    ['is a file\'s name where nobody reads files', './machine.json', '"./machine.json" is the name of a file'],
  ])('is refused when it %s', (_, definition, message) => {
    expect(workflowProblem({ workflow: { definition } })).toContain(message);
    expect(() => createFramework({ config: { workflow: { definition } }, home: '/nowhere' })).toThrow(expect.objectContaining({ code: 'FW_CONFIG_INVALID' }));
  });

  it('is refused with its file when it cannot be read, is code, or names a state for approval that does not ask', async () => {
    const { directory, home } = await makeProject();
    await mkdir(home);
    const load = async (workflow: object): Promise<unknown> => {
      await writeFile(path.join(directory, 'fw.config.json'), JSON.stringify({ workflow }));
      return loadConfig({ workspace: directory, home, environment: {} });
    };
    await writeFile(path.join(directory, 'machine.js'), 'export default {};');
    await expect(load({ definition: './missing.json' })).rejects.toMatchObject({ code: 'FW_CONFIG_NOT_FOUND' });
    await expect(load({ definition: './machine.js' })).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringContaining('is data') as string });
    await expect(load({ approvals: ['desing'] })).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: `${path.join(directory, 'fw.config.json')}: workflow.approvals.0: "desing" is not possible; did you mean "design"?.` });
    expect(workflowProblem({ workflow: { definition: asJson(softwareDelivery), approvals: ['design'] } })).toBeUndefined();
  });
});
