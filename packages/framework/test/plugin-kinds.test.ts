import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createFramework, loadConfig } from '@fw/framework';
import type { Config, Framework, PluginPanel, WorkflowDefinition } from '@fw/framework';
import { detectSandbox } from '@fw/workspace';
import { keptFolder, packageJson, removeKeptFolders } from './plugin-folder.ts';
import { configOf, developerWrites, makeProject } from './scripted-team.ts';

const { available } = await detectSandbox();
afterAll(removeKeptFolders);

const short: WorkflowDefinition = {
  specVersion: 1, name: 'acme.short', version: '1', initial: 'initialize',
  states: {
    initialize: { capabilities: ['initialize'], on: { done: { to: 'planning', event: 'begun' } } },
    planning: { capabilities: ['plan'], on: { done: { to: 'coding', event: 'planned', guard: 'requirements-clear' } } },
    coding: { capabilities: ['implement'], on: { done: { to: 'measuring', event: 'coded', guard: 'code-complete' } }, approval: { question: 'Is this what you wanted?', when: 'policy' } },
    measuring: { capabilities: ['count', 'test', 'validate', 'judge'], on: { done: { to: 'shipped', event: 'good', guard: 'success' }, revise: { to: 'coding', event: 'not-good' } } },
    shipped: { final: 'success' },
  },
};
const panel: PluginPanel = {
  specVersion: 1, name: 'acme.licences', title: 'Licences',
  blocks: [
    { type: 'text', text: 'Counted by acme.' },
    { type: 'value', title: 'Files', from: { artifact: 'acme-count', path: ['files'] } },
    { type: 'value', title: 'Missing', from: { artifact: 'nobody', path: ['x'] } },
    { type: 'table', title: 'Rows', from: { artifact: 'acme-count', path: ['rows'] }, columns: [{ title: 'Name', path: ['name'] }, { title: 'All', path: [] }] },
    { type: 'findings', title: 'Found', validator: 'acme.todo' },
  ],
};

/** A workflow with a state for the plugin's own agent, a panel of what that agent and a validator found, and an engine. */
const acme = (isolation: 'inline' | 'process', { definition = short, shown = panel, engine = '' }: { readonly definition?: object; readonly shown?: object; readonly engine?: string } = {}): string => keptFolder({
  'package.json': packageJson('acme', { isolation, contributes: { agents: ['acme.counter'], validators: ['acme.todo'], workflows: ['acme.short'], panels: ['acme.licences'], ...(engine !== '' && { engines: ['acme.engine'] }) }, permissions: { fs: { read: ['workspace'] } } }),
  'index.js': `
export default { specVersion: 1, initialize(context) {
  context.workflows.register(${JSON.stringify(definition)});
  context.panels.register(${JSON.stringify(shown)});
  ${engine}
  context.validators.register({ specVersion: 1, name: 'acme.todo', async validate({ workspace, base, head }) {
    return (await workspace.changes(base, head)).map(({ file }) => ({ source: 'acme.todo', rule: 'seen', category: 'lint', severity: 'low', file, line: 1, message: '<b>Seen</b>', isNew: true }));
  } });
  context.agents.register({ specVersion: 1, name: 'acme.counter', version: '1.2.3', capabilities: ['count'], async process(context) {
    return { status: 'done', artifacts: [{ id: context.id(), kind: 'acme-count', title: 'Count', schema: 'count@1', content: { files: 2, rows: [{ name: 'one' }, { name: 'x'.repeat(9000) }, 'odd', ...Array(300).fill({ name: 'more' })] }, producer: { agent: 'acme.counter', version: '1.2.3', key: context.path } }] };
  } });
} };
` });

/** Its code runs only when a run comes to the state that it waits for, or when what it declares is called. */
const waiting = (changes: object = {}, first = ''): string => keptFolder({
  'package.json': packageJson('waits', { contributes: { validators: ['waits.seen'] }, activation: ['onState:measuring', 'onTool:write_file'], ...changes }),
  'index.js': `${first}\nexport default { specVersion: 1, initialize(context) { context.validators.register({ specVersion: 1, name: 'waits.seen', async validate() { return []; } }); } };`,
});
const statusOf = async (framework: Framework, id: string): Promise<string | undefined> => (await framework.plugins()).find((plugin) => plugin.id === id)?.status;

describe.skipIf(!available)('a plugin in a process of its own', () => {
  test('contributes a workflow and a panel: a run is begun with both, and keeps them when the plugin is gone', async () => {
    const { directory, home } = await makeProject();
    await mkdir(home);
    await writeFile(path.join(directory, 'fw.config.json'), JSON.stringify(configOf(developerWrites('n * 2'), { plugins: [acme('process'), waiting({ activation: ['onState:measuring'] })], workflow: { definition: 'acme.short', approvals: ['coding'] } })));
    const { config } = await loadConfig({ workspace: directory, home, environment: {}, trust: true });
    const framework = createFramework({ config, home });
    expect(await framework.workflow()).toMatchObject({ name: 'acme.short' });
    expect(await framework.execute('Add double(n).', { workspace: directory, id: 'r1' })).toMatchObject({ status: 'waiting' });
    expect(await statusOf(framework, 'waits')).toBe('ready');
    await framework.answer('r1', { decision: 'approve', by: 'ada' });
    expect(await (await framework.resume('r1')).result()).toMatchObject({ status: 'success', verdict: { verdict: 'accepted', gates: expect.arrayContaining([expect.objectContaining({ gate: 'validator/waits.seen', status: 'passed' })]) as unknown } });
    expect(await statusOf(framework, 'waits')).toBe('active');
    await framework.close();

    const reader = createFramework({ config: {}, home });
    const { definition, panels } = await reader.inspect('r1');
    expect(definition.name).toBe('acme.short');
    expect(panels).toMatchObject([{ name: 'acme.licences', title: 'Licences', blocks: [
      { type: 'text', text: 'Counted by acme.' },
      { type: 'value', title: 'Files', value: '2' },
      { type: 'value', title: 'Missing', value: null },
      { type: 'table', columns: ['Name', 'All'], left: 103 },
      { type: 'table', title: 'Found', columns: ['Severity', 'File', 'Line', 'Rule', 'Message'], left: 0 },
    ] }]);
    const [, , , rows, found] = panels[0]!.blocks as readonly { readonly rows: readonly (readonly string[])[] }[];
    expect(rows!.rows.slice(0, 3)).toEqual([['one', '{"name":"one"}'], [`${'x'.repeat(500)}…`, expect.stringMatching(/…$/)], ['', 'odd']]);
    expect(found!.rows).toContainEqual(['low', 'src/math.js', '1', 'seen', '<b>Seen</b>']);
    await reader.close();
  });
});

const withStates = (states: WorkflowDefinition['states']): object => ({ ...short, states: { ...short.states, ...states } });

test.each<readonly [string, Parameters<typeof acme>[1], RegExp]>([
  ['goes round the gate', { definition: withStates({ measuring: { capabilities: ['test'], on: { done: { to: 'shipped', event: 'good' } } } }) }, /acme\.short" cannot be used: states\.measuring\.on\.done: an arrow into "shipped" needs the guard "success"/],
  ['has an arrow to nowhere', { definition: withStates({ planning: { capabilities: ['plan'], on: { done: { to: 'away', event: 'planned' } } } }) }, /"away" is not a state/],
  ['has a panel with markup of its own', { shown: { ...panel, blocks: [{ type: 'html', text: '<script>1</script>' }] } }, /The panel "acme\.licences" cannot be shown: blocks\.0/],
  ['has a panel that would load something', { shown: { ...panel, src: 'https://evil.example/x.js' } }, /Unrecognized key: "src"/],
])('a plugin that %s is refused as a whole', async (_what, parts, message) => {
  const { home } = await makeProject();
  for (const isolation of available ? ['inline', 'process'] as const : ['inline'] as const) {
    const framework = createFramework({ config: { plugins: [acme(isolation, parts)] }, home });
    expect(await framework.plugins()).toMatchObject([{ status: 'failed', error: expect.stringMatching(message) as string }]);
    await framework.close();
  }
});

test.each<readonly [string, Config, RegExp]>([
  ['without any plugin', { workflow: { definition: 'acme.short' } }, /none is listed under "plugins"/],
  ['that no plugin has', { plugins: [acme('inline')], workflow: { definition: 'acme.shrot' } }, /workflow\.definition: no plugin of this config contributes the workflow "acme\.shrot"; did you mean "acme\.short"/],
  ['with approvals that it does not ask for', { plugins: [acme('inline')], workflow: { definition: 'acme.short', approvals: ['design'] } }, /workflow\.approvals\.0: "design" is not possible/],
  ['of an engine that no plugin has', { plugins: [acme('inline')], engine: 'acme.engine' }, /engine: no plugin of this config contributes the engine "acme\.engine"/],
])('a name %s is refused before a run begins', async (_what, config, message) => {
  const { directory, home } = await makeProject();
  const begin = async (): Promise<unknown> => {
    const framework = createFramework({ config: configOf([], config), home });
    return framework.execute('Add double(n).', { workspace: directory }).finally(() => framework.close());
  };
  await expect(begin()).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringMatching(message) as string });
});

test('an engine of a plugin that runs inline drives runs', async () => {
  const { directory, home } = await makeProject();
  const engine = `context.engines.register({ name: 'acme.engine', async create(parts) {
    const { createLocalEngine } = await import(${JSON.stringify(import.meta.resolve('@fw/workflow'))});
    globalThis.acmeEngine = parts.settings;
    return createLocalEngine({ ...parts, pickUp: 'own' });
  } });`;
  const framework = createFramework({ config: configOf([], { plugins: [acme('inline', { engine })], engine: { use: 'acme.engine' } }), home });
  const run = await framework.start('Add double(n).', { workspace: directory, id: 'r1' });
  expect(globalThis).toHaveProperty('acmeEngine', { use: 'acme.engine' });
  expect(run.goesOn).toBe(false);
  await run.cancel('It was only to be seen.');
  expect(await run.result()).toMatchObject({ status: 'cancelled' });
  await framework.close();
  Reflect.deleteProperty(globalThis, 'acmeEngine');
});

test.each<readonly [string, string, string, string]>([
  ['is started by the call of what it declares', '', 'active', 'passed'],
  ['is no pass of its gate when it cannot be started then', 'throw new Error("broken");', 'failed', 'inconclusive'],
])('a plugin that waits for a state that is never reached %s', async (_what, first, status, gate) => {
  const { directory, home } = await makeProject();
  const framework = createFramework({ config: { plugins: [waiting({}, first)] }, home, sandbox: 'preferred' });
  expect(await statusOf(framework, 'waits')).toBe('ready');
  const report = await framework.judge({ directory, only: ['secrets'] });
  expect([await statusOf(framework, 'waits'), report.gates.find((one) => one.gate === 'validator/waits.seen')?.status]).toEqual([status, gate]);
  await framework.close();
});

test('one that is required is started before anything else, whatever it waits for', async () => {
  const { home } = await makeProject();
  const framework = createFramework({ config: { plugins: [{ use: waiting(), required: true }] }, home });
  expect(await statusOf(framework, 'waits')).toBe('active');
  await framework.close();
});
