import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createTree } from '@nx/devkit/testing';
import type { Tree } from '@nx/devkit';
import { describe, expect, it } from 'vitest';
import generatePlugin from '../src/plugin/generator.ts';

const manifest = fileURLToPath(new URL('../../../packages/plugins/package.json', import.meta.url));

function createRepositoryTree(): Tree {
  const tree = createTree();
  tree.write('packages/plugins/package.json', readFileSync(manifest));
  return tree;
}

describe('the plugin generator', () => {
  it('writes a plugin for the version of the interface that is here, with a test, a README and a CI file', () => {
    const tree = createRepositoryTree();
    generatePlugin(tree, { id: 'fresh', directory: 'plugins' });
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
    expect(JSON.parse(tree.read('plugins/fw-plugin-fresh/package.json', 'utf8') ?? '')).toMatchObject({ name: 'fw-plugin-fresh', peerDependencies: { '@fw/plugins': `^${version}` }, fw: { id: 'fresh', isolation: 'process' } });
    for (const file of ['index.js', 'README.md', 'test/fw-plugin-fresh.test.js', '.github/workflows/test.yml']) expect(tree.exists(`plugins/fw-plugin-fresh/${file}`)).toBe(true);
  });

  it('refuses an id that is none, or taken', () => {
    const tree = createRepositoryTree();
    generatePlugin(tree, { id: 'fresh' });
    expect(() => generatePlugin(tree, { id: 'fresh' })).toThrow('exists already');
    for (const id of ['', '../x', 'Fresh', 'a_b']) expect(() => generatePlugin(tree, { id })).toThrow('cannot be the id of a plugin');
  });
});
