import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createFramework, createPluginGrants, createTrust, inspectPlugin } from '@fw/framework';
import { hashPackage } from '@fw/plugins';
import { detectSandbox } from '@fw/workspace';
import { configOf, developerWrites, makeProject } from './scripted-team.ts';
import { packageJson, temporaryFolder } from './plugin-folder.ts';

const { available } = await detectSandbox();
const acme = path.resolve(import.meta.dirname, '../../../examples/plugins/acme');

test('a folder of plugins is loaded, and one that fails is named without harm to the others', async () => {
  const { home } = await makeProject();
  const framework = createFramework({ config: { plugins: [path.dirname(acme), './is-not-there'] }, home });
  const plugins = await framework.plugins();
  expect(plugins.find((plugin) => plugin.id === 'acme')).toMatchObject({ status: 'active' });
  expect(plugins.find((plugin) => plugin.status === 'failed')?.error).toContain('is-not-there');
  await framework.close();
});

/** A third party's plugin in a process of its own: a tool, a validator and an agent that uses its whole context. */
const isolated = {
  'package.json': packageJson('iso', { isolation: 'process', contributes: { agents: ['iso.auditor'], tools: ['iso.lines'], validators: ['iso.todo'] }, permissions: { fs: { read: ['workspace'] }, env: ['ISO_TOKEN'] } }),
  'index.js': `
export default {
  specVersion: 1,
  initialize(context) {
    context.tools.register({ kind: 'leaf', name: 'iso.lines', description: 'Counts lines.', effect: 'pure', inputSchema: { type: 'object', properties: { text: { type: 'string' } } }, async run({ text = '' }, step) { step.progress({ at: 1 }); return { ok: true, text: String(text.split('\\n').length) + ' ' + step.key.includes('tool.iso.lines') }; } });
    context.validators.register({ specVersion: 1, name: 'iso.todo', async validate({ workspace, base, head }) {
      const findings = [];
      for (const { file } of await workspace.changes(base, head)) if ((await workspace.show(head, file))?.includes('TODO')) findings.push({ source: 'iso.todo', rule: 'todo', category: 'lint', severity: 'high', file, line: 1, message: 'A TODO.', isNew: true });
      await workspace.run(['true']).catch((error) => { if (error.code !== 'FW_PLUGIN_DENIED') throw error; });
      return findings;
    } });
    context.agents.register({ specVersion: 1, name: 'iso.auditor', version: '1.2.3', capabilities: ['audit'], async process(context) {
      const [sum, files] = await context.all('look', [
        (inner) => inner.step('sum', async (step) => { step.progress({ half: true }); return context.artifacts.length; }),
        (inner) => inner.scope('deep', async (deepest) => [await deepest.workspace.tree(), await deepest.step('token', () => (process.env.ISO_TOKEN ?? 'no token'))]),
      ]);
      const denied = [];
      for (const ask of [() => context.workspace.write('x', 'y'), () => context.workspace.run(['node']), () => context.model.generate({ messages: [] }), () => context.tools.call({ id: 'd', name: 'write_file', arguments: {} }), () => context.tools.callAll([{ id: 'e', name: 'run', arguments: {} }]), () => context.child('c', 'd', null)]) {
        denied.push(await ask().then(() => 'got', (error) => error.code));
      }
      const counted = await context.tools.call({ id: 'c', name: 'iso.lines', arguments: { text: 'a\\nb' } });
      return { status: 'done', artifacts: [{ id: context.id(), kind: 'audit', title: 'Audit', schema: 'audit@1', content: { denied, tools: context.tools.list.map(({ name }) => name), sum, tree: files[0].length > 10, token: files[1], counted: counted.text, at: context.now() > 0 }, producer: { agent: 'iso.auditor', version: '1.2.3', key: context.path } }] };
    } });
  },
};
` };

describe.skipIf(!available)('a plugin in a process of its own', () => {
  test('takes part in a run like one that runs inline: agents, over the wire, validators at the gate, tools', async () => {
    const { directory, home } = await makeProject();
    const framework = createFramework({ config: configOf(developerWrites('n * 2'), { plugins: [acme, temporaryFolder(isolated)] }), home, environment: { ISO_TOKEN: 'the-iso-token' } });
    const result = await framework.execute('Add double(n).', { workspace: directory, id: 'audited' });
    expect(result).toMatchObject({ status: 'success' });
    const audit = result.artifacts.find((artifact) => artifact.producer.agent === 'iso.auditor');
    expect((audit?.content as { readonly tools: readonly string[] }).tools).not.toContain('write_file');
    expect(audit?.content).toMatchObject({ denied: Array(6).fill('FW_PLUGIN_DENIED'), tools: expect.arrayContaining(['iso.lines', 'read_file']) as string[], tree: true, token: 'no token', counted: '2 true', at: true });
    expect(result.verdict?.gates).toContainEqual(expect.objectContaining({ gate: 'validator/iso.todo', status: 'passed' }));
    expect((await framework.log('audited')).map(({ step, agent }) => `${agent} ${step}`).filter((line) => line.includes('iso'))).toEqual(expect.arrayContaining([expect.stringContaining('sum'), expect.stringContaining('token'), expect.stringContaining('tool.iso.lines')]) as string[]);
    expect(await framework.replay('audited')).toBeDefined();
    expect(result.artifacts.map((artifact) => artifact.producer.agent)).toContain('acme.auditor');
    expect(result.verdict?.gates).toContainEqual(expect.objectContaining({ gate: 'validator/acme.license', status: 'passed' }));
    expect(await framework.plugins()).toMatchObject([
      { id: 'acme', version: '1.0.0', status: 'active', isolation: 'inline', contributes: ['agents: acme.auditor', 'validators: acme.license'] },
      { id: 'iso', status: 'active', isolation: 'process', enforced: { fs: true, net: true, env: true }, failures: 0 },
    ]);
    await framework.close();
  });

  test('fails the gate with what it finds', async () => {
    const { directory, home } = await makeProject();
    const framework = createFramework({ config: { plugins: [temporaryFolder(isolated)] }, home });
    for (const values of [['init', '-q'], ['add', '-A'], ['-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '-qm', 'x']]) await promisify(execFile)('git', values, { cwd: directory });
    await writeFile(path.join(directory, 'src/late.js'), '// TODO\n');
    const report = await framework.judge({ directory });
    expect(report).toMatchObject({ verdict: 'rejected', findings: [{ rule: 'todo', file: 'src/late.js', severity: 'high' }] });
    expect(report.gates).toContainEqual(expect.objectContaining({ gate: 'validator/iso.todo', status: 'failed' }));
    await framework.close();
  });
});

test('without a sandbox a plugin that asks for a process is refused, unless it is trusted; what is not enforced is said then', async () => {
  const { home, directory } = await makeProject();
  const config = { plugins: [temporaryFolder(isolated)] };
  const refused = createFramework({ config, home, sandbox: 'off' });
  expect(await refused.plugins()).toMatchObject([{ status: 'failed', code: 'FW_PLUGIN_SANDBOX' }]);
  await expect(refused.judge({ directory })).rejects.toMatchObject({ code: 'FW_PLUGIN_SANDBOX' });
  await refused.close();
  const trusted = createFramework({ config, home, sandbox: 'off', plugins: { grants: 'none', trusted: ['iso'] } });
  expect(await trusted.plugins()).toMatchObject([{ id: 'iso', status: 'active', enforced: { fs: true, net: false, env: false } }]);
  await trusted.close();
});

describe.skipIf(!available)('where grants are required', () => {
  /** What became of the plugin, or of the whole. */
  async function opened(plugin: string, { home, directory, lock }: { readonly home: string; readonly directory: string; readonly lock?: unknown }): Promise<readonly unknown[]> {
    const framework = createFramework({ config: { plugins: [plugin] }, home, directory, plugins: { grants: 'required', ...(lock !== undefined && { lock }) } });
    try {
      const [{ status, code, error } = { status: 'none' }] = await framework.plugins();
      if (code !== undefined) await expect(framework.judge({ directory })).rejects.toMatchObject({ code, message: error });
      return status === 'failed' ? [code, error] : [status];
    } catch (error) {
      return [(error as { readonly code: string }).code, (error as Error).message];
    } finally {
      await framework.close();
    }
  }

  test('a plugin runs only with the grant of the user for this workspace and its pin; a wider request asks again and shows the difference', async () => {
    const [{ directory, home }, other] = [await makeProject(), await makeProject()];
    const folder = temporaryFolder(isolated);
    expect(await opened(folder, { home, directory })).toEqual(['FW_PLUGIN_GRANT', expect.stringContaining('reads workspace; is told the variable ISO_TOKEN')]);
    const { id, integrity, manifest, version } = await inspectPlugin(folder, directory);
    const grants = createPluginGrants(home, directory);
    const grant = { id, isolation: manifest.isolation, permissions: manifest.permissions ?? {}, trusted: false, enabled: true };
    await grants.set(grant);
    expect((await stat(path.join(home, 'grants'))).mode & 0o777).toBe(0o700);
    expect(await opened(folder, { home, directory })).toEqual(['FW_PLUGIN_INTEGRITY', expect.stringContaining('not pinned')]);
    const lock = { version: 1, plugins: { [id]: { version, integrity } } };
    expect(await opened(folder, { home, directory, lock })).toEqual(['active']);
    expect(await opened(folder, { home, directory: other.directory, lock })).toEqual(['FW_PLUGIN_GRANT', expect.stringContaining('was not added by you')]);

    await grants.set({ ...grant, permissions: { fs: { read: ['workspace'] } } });
    expect(await opened(folder, { home, directory, lock })).toEqual(['FW_PLUGIN_GRANT', expect.stringMatching(/more than you granted: is told the variable ISO_TOKEN\./)]);
    await grants.set({ ...grant, enabled: false });
    expect(await opened(folder, { home, directory, lock })).toEqual(['FW_PLUGIN_GRANT', expect.stringContaining('fw plugin enable iso')]);
    await grants.set(grant);
    await writeFile(path.join(folder, 'late.js'), '');
    expect(await opened(folder, { home, directory, lock })).toEqual(['FW_PLUGIN_INTEGRITY', expect.stringContaining('other files')]);
  });

  test('a grant that was changed by hand is none, and what lies in a workspace is not read', async () => {
    const { directory, home } = await makeProject();
    const grants = createPluginGrants(home, directory);
    await grants.set({ id: 'iso', isolation: 'process', permissions: {}, trusted: false, enabled: true });
    const [file] = (await import('node:fs')).globSync(path.join(home, 'grants/*/iso.json'));
    const text = await readFile(file!, 'utf8');
    await writeFile(file!, text.replace('"permissions":{}', '"permissions":{"env":["TOKEN"]}'));
    expect(await grants.find('iso')).toBeUndefined();
    await mkdir(path.join(directory, 'grants'));
    await writeFile(path.join(directory, 'grants/iso.json'), text);
    expect(await grants.list()).toEqual([]);
  });

  test('a folder of plugins is loaded only when it was trusted as it is', async () => {
    const { directory, home } = await makeProject();
    const folder = path.join(directory, 'plugins');
    await mkdir(folder);
    await writeFile(path.join(folder, 'one.js'), 'globalThis.fwFolderRan = true;\nexport default { specVersion: 1, initialize() {} };\n');
    expect(await opened('./plugins', { home, directory })).toEqual(['FW_PLUGIN_GRANT', expect.stringContaining('fw trust')]);
    expect(globalThis).not.toHaveProperty('fwFolderRan');
    const trust = createTrust(home);
    const hash = (): Promise<string> => hashPackage(folder, { id: 'plugins', version: 'unknown' });
    await trust.grant(folder, await hash());
    expect(await opened('./plugins', { home, directory })).toEqual(['active']);
    await writeFile(path.join(folder, 'two.js'), '');
    expect(await opened('./plugins', { home, directory })).toEqual(['FW_PLUGIN_GRANT', expect.stringContaining('has changed since')]);
    await trust.grant(folder, await hash());
    expect([await trust.list(), await trust.revoke(folder), await trust.has(folder, await hash())]).toEqual([[folder], 2, false]);
    Reflect.deleteProperty(globalThis, 'fwFolderRan');
  });
});
