import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createPluginHost } from '../src/host.ts';

interface Finding { readonly file: string; readonly severity: string; readonly rule: string }
interface Validator { readonly name: string; validate(input: object): Promise<readonly Finding[]> }
interface Agent { readonly name: string; readonly capabilities: readonly string[]; process(context: object): Promise<object> }

const folder = fileURLToPath(new URL('../../../examples/plugins/acme', import.meta.url));

async function start(): Promise<{ readonly agents: Map<string, Agent>; readonly validators: Map<string, Validator>; stop(): Promise<void> }> {
  const agents = new Map<string, Agent>();
  const validators = new Map<string, Validator>();
  const host = createPluginHost({
    context: (plugin) => ({
      agents: { register: (agent: Agent) => plugin.register('agents', agent.name, () => { agents.set(agent.name, agent); return () => { agents.delete(agent.name); }; }) },
      validators: { register: (validator: Validator) => plugin.register('validators', validator.name, () => { validators.set(validator.name, validator); return () => { validators.delete(validator.name); }; }) },
    }),
  });
  await host.add(folder, { required: true });
  await host.initialize();
  return { agents, validators, stop: () => host.cleanup() };
}

it('finds new files without a licence header, and only those', async () => {
  const files: { readonly [file: string]: string } = {
    'src/bare.ts': 'export const a = 1;\n',
    'src/licensed.ts': '// SPDX-License-Identifier: Apache-2.0\nexport const b = 1;\n',
    'src/late.ts': `${'\n'.repeat(20)}// SPDX-License-Identifier: Apache-2.0\n`,
    'README.md': '# Hello\n',
  };
  const workspace = {
    changes: async () => [...Object.keys(files).map((file) => ({ file, status: 'added', lines: [] })), { file: 'src/old.ts', status: 'modified', lines: [] }],
    show: async (_tree: string, file: string) => files[file],
  };
  const { validators, stop } = await start();
  const findings = await validators.get('acme.license')?.validate({ workspace, base: 'base', head: 'head', signal: new AbortController().signal });
  expect(findings?.map(({ file, severity, rule }) => [file, severity, rule])).toEqual([['src/bare.ts', 'low', 'license-header'], ['src/late.ts', 'low', 'license-header']]);
  await stop();
  expect(validators.size).toBe(0);
});

it('audits what a run has made so far', async () => {
  const { agents, stop } = await start();
  const auditor = agents.get('acme.auditor');
  const producer = { agent: 'developer', version: '1.0.0', key: 'run/implementation#1/developer' };
  const result = await auditor?.process({ path: 'audit#1/acme.auditor', state: 'validation', id: () => 'id-1', artifacts: [{ id: 'a1', kind: 'patch', title: 'Add a header', schema: 'patch@1', content: {}, producer }] });
  expect(auditor?.capabilities).toEqual(['audit']);
  expect(result).toMatchObject({ status: 'done', artifacts: [{ id: 'id-1', kind: 'audit', content: { entries: [{ id: 'a1', agent: 'developer' }] } }] });
  await stop();
});
