import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAgent } from '../src/index.ts';

let folder = '';
const body = (name: string, version = 1): string => `{ specVersion: ${version}, name: '${name}', capabilities: ['plan'], process: async () => ({ status: 'done', artifacts: [] }) }`;

async function addPackage(name: string, manifest: object, files: { readonly [file: string]: string }): Promise<void> {
  const root = join(folder, 'node_modules', name);
  await mkdir(join(root, 'dist'), { recursive: true });
  await writeFile(join(root, 'package.json'), JSON.stringify({ name, type: 'module', ...manifest }));
  for (const [file, content] of Object.entries(files)) await writeFile(join(root, file), content);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fw agents ä-'));
  const files = {
    'agent.mjs': `export default ${body('file')};`,
    'create.mjs': `export default async () => (${body('created')});`,
    'old.mjs': `export default ${body('old', 9)};`,
    'none.mjs': 'export const agent = 1;',
    'broken.mjs': 'throw new Error("cannot start");',
    'hangs.mjs': 'await new Promise(() => setInterval(() => {}, 60_000).unref());',
    'shape.mjs': 'export default { specVersion: 1, name: "x" };',
  };
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
  await addPackage('plain', { main: 'dist/main.js' }, { 'dist/main.js': `export default ${body('plain')};` });
  await addPackage('@scope/conditional', { exports: { '.': { types: './dist/a.d.ts', import: './dist/a.js' }, './more': './dist/more.js' } }, { 'dist/a.js': `export default ${body('scoped')};`, 'dist/more.js': `export default ${body('more')};` });
  await addPackage('short', { exports: './dist/a.js' }, { 'dist/a.js': `export default ${body('short')};` });
});
afterAll(() => rm(folder, { recursive: true }));

describe('loading an agent', () => {
  it.each([
    ['./agent.mjs', 'file'], ['./create.mjs', 'created'],
    ['plain', 'plain'], ['short', 'short'], ['@scope/conditional', 'scoped'], ['@scope/conditional/more', 'more'],
  ])('imports %s', async (specifier, name) => {
    expect((await loadAgent(specifier, { from: folder })).name).toBe(name);
    expect((await loadAgent(specifier, { from: pathToFileURL(`${folder}/`) })).name).toBe(name);
  });

  it('imports absolute paths and file URLs, and packages from a folder below', async () => {
    expect((await loadAgent(join(folder, 'agent.mjs'), { from: folder })).name).toBe('file');
    expect((await loadAgent(pathToFileURL(join(folder, 'agent.mjs')).href, { from: folder })).name).toBe('file');
    expect((await loadAgent('plain', { from: join(folder, 'deep', 'er') })).name).toBe('plain');
  });

  it.each([
    ['./missing.mjs', 'FW_AGENT_LOAD', /is not a file/],
    ['missing', 'FW_AGENT_LOAD', /no package of that name .* write "\.\/missing"/],
    ['node:fs', 'FW_AGENT_LOAD', /no package/],
    ['https://example.com/agent.js', 'FW_AGENT_LOAD', /no package/],
    ['short/inner', 'FW_AGENT_LOAD', /does not export "\.\/inner"/],
    ['./none.mjs', 'FW_AGENT_LOAD', /no default export/],
    ['./broken.mjs', 'FW_AGENT_LOAD', /cannot start/],
    ['./old.mjs', 'FW_AGENT_SPEC_VERSION', /version 9 .* version 1/],
    ['./shape.mjs', 'FW_AGENT_INVALID', /process must be a function/],
  ])('refuses %s with %s', async (specifier, code, message) => {
    await expect(loadAgent(specifier, { from: folder })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(loadAgent(specifier, { from: folder })).rejects.toThrow(`"${specifier}"`);
  });

  it('stops waiting for a module that hangs', async () => {
    const stop = new AbortController();
    const loading = loadAgent('./hangs.mjs', { from: folder, signal: stop.signal });
    stop.abort(new Error('too long'));
    await expect(loading).rejects.toThrow('too long');
  });
});
