import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTree } from '@nx/devkit/testing';
import type { Tree } from '@nx/devkit';
import { afterEach, describe, expect, it } from 'vitest';
import generatePackage from '../src/package/generator.ts';

const execute = promisify(execFile);
const repository = fileURLToPath(new URL('../../..', import.meta.url));
const neighbour = JSON.parse(readFileSync(join(repository, 'packages/models/package.json'), 'utf8')) as { readonly version: string; readonly scripts: { readonly [name: string]: string } };
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function createRepositoryTree(): Tree {
  const tree = createTree();
  for (const file of ['docs/architecture.md', 'packages/models/package.json']) tree.write(file, readFileSync(join(repository, file)));
  return tree;
}

/** The generated files on disk, beside what a package takes from the repository. */
function writeOut(tree: Tree): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fw-generator-')));
  folders.push(folder);
  for (const file of ['tsconfig.base.json', 'tsconfig.test.base.json', 'tsup.base.ts', 'vitest.config.ts']) cpSync(join(repository, file), join(folder, file));
  mkdirSync(join(folder, 'tools'));
  cpSync(join(repository, 'tools/vitest-setup.ts'), join(folder, 'tools/vitest-setup.ts'));
  for (const { path, content } of tree.listChanges()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content ?? '');
  }
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}

describe('the package generator', () => {
  it('writes a package that builds, passes its test and type-checks', async () => {
    const tree = createRepositoryTree();
    generatePackage(tree, { name: 'price-list', description: 'What "things" cost, & why.' });
    const root = writeOut(tree);
    const folder = join(root, 'packages/price-list');
    const bin = (name: string): string => join(root, 'node_modules/.bin', name);
    await execute(process.execPath, [bin('tsc'), '-b', 'tsconfig.lib.json'], { cwd: folder });
    await execute(process.execPath, [bin('tsup')], { cwd: folder });
    await execute(process.execPath, [bin('tsc'), '-p', 'tsconfig.test.json'], { cwd: folder });
    const { stdout } = await execute(process.execPath, [bin('vitest'), 'run', '--root', '.', 'packages/price-list/'], { cwd: root });
    expect(stdout).toContain('1 passed');
    const built = await import(join(folder, 'dist/index.js')) as { readonly createPriceList: (options: object) => object };
    expect(built.createPriceList({ name: 'first' })).toEqual({ specVersion: 1, name: 'first' });
  });

  it('gives it the scripts and the version of its neighbours', () => {
    const tree = createRepositoryTree();
    generatePackage(tree, { name: 'price-list', description: 'What things cost.' });
    const made = JSON.parse(tree.read('packages/price-list/package.json', 'utf8') ?? '') as typeof neighbour;
    const renamed = Object.fromEntries(Object.entries(neighbour.scripts).map(([name, script]) => [name, script.replace('packages/models/', 'packages/price-list/')]));
    expect(made).toMatchObject({ version: neighbour.version, scripts: renamed });
  });

  it('adds it to the arrows, with none of its own', () => {
    const tree = createRepositoryTree();
    generatePackage(tree, { name: 'price-list', description: 'What things cost.' });
    expect(tree.read('docs/architecture.md', 'utf8')).toMatch(/```arrows\n[^`]*\nprice-list\n```/);
  });

  it('refuses a name that is taken, or none', () => {
    expect(() => generatePackage(createRepositoryTree(), { name: 'models', description: 'Again.' })).toThrow('packages/models exists already');
    for (const name of ['', '../x', 'Price', 'price_list', 'a--b']) {
      expect(() => generatePackage(createRepositoryTree(), { name, description: 'No.' })).toThrow('is no name for a package');
    }
  });
});
