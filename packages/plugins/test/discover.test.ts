import { describe, expect, it } from 'vitest';
import { discoverPlugins } from '../src/discover.ts';
import { packageJson, temporaryFolder } from './plugin-folder.ts';

const poison = 'globalThis.fwPluginRan = true;\n';

describe('discoverPlugins', () => {
  it('finds direct dependencies with the keyword and runs none of them', async () => {
    const folder = temporaryFolder({
      'package.json': { dependencies: { 'fw-plugin-acme': '1', plain: '1', absent: '1' }, devDependencies: { '@scope/tool': '1' } },
      'node_modules/fw-plugin-acme/package.json': packageJson('acme'),
      'node_modules/fw-plugin-acme/index.js': poison,
      'node_modules/@scope/tool/package.json': packageJson('tool', { api: '^9.0' }),
      'node_modules/plain/package.json': { name: 'plain', version: '1.0.0' },
      'node_modules/fw-plugin-transitive/package.json': packageJson('transitive'),
    });
    expect(await discoverPlugins(folder)).toMatchObject([
      { status: 'unusable', name: '@scope/tool', version: '1.2.3', failure: { plugin: 'tool', code: 'FW_PLUGIN_API' } },
      { status: 'usable', name: 'fw-plugin-acme', version: '1.2.3', manifest: { id: 'acme' } },
    ]);
    expect(globalThis).not.toHaveProperty('fwPluginRan');
  });

  it('never looks outside node_modules, whatever a package.json names', async () => {
    const folder = temporaryFolder({
      'project/package.json': { dependencies: { '../../evil': '1', '..': '1', '/etc': '1' } },
      'evil/package.json': packageJson('evil'),
    });
    expect(await discoverPlugins(`${folder}/project`)).toEqual([]);
  });

  it('finds nothing where there is no usable package.json', async () => {
    expect(await discoverPlugins(temporaryFolder())).toEqual([]);
    expect(await discoverPlugins(temporaryFolder({ 'package.json': '[' }))).toEqual([]);
    expect(await discoverPlugins(temporaryFolder({ 'package.json': { dependencies: 'none' } }))).toEqual([]);
  });
});
