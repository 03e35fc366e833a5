import path from 'node:path';
import { expect, test } from 'vitest';
import { createFramework } from '@fw/framework';
import { configOf, developerWrites, makeProject } from './scripted-team.ts';

const acme = path.resolve(import.meta.dirname, '../../../examples/plugins/acme');

test('a plugin adds an agent and a validator to a run', async () => {
  const { directory, home } = await makeProject();
  const framework = createFramework({ config: configOf(developerWrites('n * 2'), { plugins: [acme] }), home, sandbox: 'preferred' });
  const result = await framework.execute('Add double(n).', { workspace: directory });
  expect(result).toMatchObject({ status: 'success' });
  expect(result.artifacts.map((artifact) => artifact.producer.agent)).toContain('acme.auditor');
  expect(result.verdict?.gates).toContainEqual(expect.objectContaining({ gate: 'validator/acme.license', status: 'passed' }));
  expect(await framework.plugins()).toEqual([{ id: 'acme', version: '1.0.0', status: 'active', contributes: ['agents: acme.auditor', 'validators: acme.license'] }]);
  await framework.close();
});

test('a folder of plugins is loaded, and one that fails is named without harm to the others', async () => {
  const { home } = await makeProject();
  const framework = createFramework({ config: { plugins: [path.dirname(acme), './is-not-there'] }, home });
  const plugins = await framework.plugins();
  expect(plugins.find((plugin) => plugin.id === 'acme')).toMatchObject({ status: 'active' });
  expect(plugins.find((plugin) => plugin.status === 'failed')?.error).toContain('is-not-there');
  await framework.close();
});
