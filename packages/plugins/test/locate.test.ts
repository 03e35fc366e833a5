import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { locatePackage } from '../src/locate.ts';
import { entry, packageJson, temporaryFolder } from './plugin-folder.ts';

const poison = 'globalThis.fwPluginRan = true;\n';

describe('locatePackage', () => {
  it('finds the entry without running it', async () => {
    const folder = temporaryFolder({ 'package.json': packageJson('acme'), 'index.js': poison + entry('initialize() {}') });
    expect(await locatePackage(folder)).toMatchObject({ id: 'acme', version: '1.2.3', source: folder, entry: join(folder, 'index.js') });
    expect(globalThis).not.toHaveProperty('fwPluginRan');
  });

  it.each(['../outside/index.js', '/etc/hostname', './linked.js', './linked-folder/index.js'])('refuses the entry %s, which leads out of the package', async (path) => {
    const root = temporaryFolder({ 'outside/index.js': poison, 'inside/package.json': packageJson('acme', { entry: path }) });
    symlinkSync(join(root, 'outside/index.js'), join(root, 'inside/linked.js'));
    symlinkSync(join(root, 'outside'), join(root, 'inside/linked-folder'));
    await expect(locatePackage(join(root, 'inside'))).rejects.toMatchObject({ code: 'FW_PLUGIN_ENTRY', plugin: 'acme' });
  });

  it('refuses the package folder beside it whose name begins the same', async () => {
    const root = temporaryFolder({ 'acme-evil/index.js': poison, 'acme/package.json': packageJson('acme', { entry: '../acme-evil/index.js' }) });
    await expect(locatePackage(join(root, 'acme'))).rejects.toMatchObject({ code: 'FW_PLUGIN_ENTRY' });
  });

  it('takes a package that is itself linked, as package managers do', async () => {
    const root = temporaryFolder({ 'store/acme/package.json': packageJson('acme'), 'store/acme/index.js': entry('initialize() {}') });
    symlinkSync(join(root, 'store/acme'), join(root, 'linked'));
    expect(await locatePackage(join(root, 'linked'))).toMatchObject({ source: join(root, 'store/acme') });
  });

  it('refuses an entry that is missing, a folder or not JavaScript', async () => {
    for (const path of ['./missing.js', './folder.js', './data.json', '.']) {
      const root = temporaryFolder({ 'package.json': packageJson('acme', { entry: path }), 'data.json': '{}' });
      mkdirSync(join(root, 'folder.js'));
      await expect(locatePackage(root)).rejects.toMatchObject({ code: 'FW_PLUGIN_ENTRY' });
    }
  });

  it('refuses a package.json that is missing, not JSON or far too large', async () => {
    await expect(locatePackage(temporaryFolder())).rejects.toMatchObject({ code: 'FW_PLUGIN_MANIFEST' });
    await expect(locatePackage(temporaryFolder({ 'package.json': '{' }))).rejects.toMatchObject({ code: 'FW_PLUGIN_MANIFEST' });
    await expect(locatePackage(temporaryFolder({ 'package.json': ' '.repeat(1_100_000) }))).rejects.toMatchObject({ code: 'FW_PLUGIN_MANIFEST', message: expect.stringContaining('1100000 bytes') as string });
    await expect(locatePackage(join(temporaryFolder(), 'nowhere'))).rejects.toMatchObject({ code: 'FW_PLUGIN_NOT_FOUND' });
  });
});
