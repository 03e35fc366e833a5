import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgentRegistry, loadAgent } from '../src/index.ts';

let folder = '';
const body = (name: string, version = 1, own?: string): string => `{ specVersion: ${version}, name: '${name}',${own === undefined ? '' : ` version: '${own}',`} capabilities: ['plan'], process: async () => ({ status: 'done', artifacts: [] }) }`;

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
    'own-version.mjs': `export default ${body('own', 1, '0.3.4')};`,
    'marks.mjs': `globalThis.marked = 1; export default ${body('marks')};`,
    'shape.mjs': 'export default { specVersion: 1, name: "x" };',
  };
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
  await addPackage('plain', { main: 'dist/main.js' }, { 'dist/main.js': `export default ${body('plain')};` });
  await addPackage('@scope/conditional', { exports: { '.': { types: './dist/a.d.ts', import: './dist/a.js' }, './more': './dist/more.js' } }, { 'dist/a.js': `export default ${body('scoped')};`, 'dist/more.js': `export default ${body('more')};` });
  await addPackage('versioned', { version: '1.4.2', main: 'dist/main.js' }, { 'dist/main.js': `export default ${body('versioned')};` });
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

  it('takes the version that is asked for, of the agent or of its package, and no other', async () => {
    const load = (specifier: string, version: string) => loadAgent(specifier, { from: folder, version });
    for (const version of ['1.4.2', '^1.0.0', '~1.4.1']) expect((await load('versioned', version)).name).toBe('versioned');
    for (const version of ['1.4.1', '^1.5.0', '~1.3.0', '^2.0.0']) await expect(load('versioned', version)).rejects.toMatchObject({ code: 'FW_AGENT_VERSION', message: expect.stringContaining('1.4.2') });
    await expect(load('versioned', '>=1')).rejects.toMatchObject({ code: 'FW_AGENT_VERSION', message: expect.stringContaining('write 1.2.3') });
    await expect(load('./agent.mjs', '1.0.0')).rejects.toMatchObject({ code: 'FW_AGENT_VERSION', message: expect.stringContaining('no version') });
    expect((await load('./own-version.mjs', '^0.3.1')).name).toBe('own');
    await expect(load('./own-version.mjs', '^0.2.0')).rejects.toMatchObject({ code: 'FW_AGENT_VERSION' });
  });

  it('runs nothing of a file that does not hash to what is written down', async () => {
    const hash = (algorithm: string) => `${algorithm}-${createHash(algorithm).update(readFileSync(join(folder, 'marks.mjs'))).digest('base64')}`;
    const load = (integrity: string) => loadAgent('./marks.mjs', { from: folder, integrity });
    const marks = globalThis as { marked?: number };
    await expect(load(hash('sha512').replace(/-...../, '-AAAAA'))).rejects.toMatchObject({ code: 'FW_AGENT_INTEGRITY', message: expect.stringContaining(hash('sha512')) });
    await expect(load('md5-abc')).rejects.toMatchObject({ code: 'FW_AGENT_INTEGRITY' });
    expect(marks.marked).toBeUndefined();
    expect((await load(hash('sha256'))).name).toBe('marks');
    expect((await load(`${hash('sha512')} ${hash('sha256')}`)).name).toBe('marks');
  });

  it('reads a file anew when it changed, and replaces it in a registry without touching who has the old one', async () => {
    const file = join(folder, 'changing.mjs');
    await writeFile(file, `export default ${body('changing', 1, '1.0.0')};`);
    const registry = createAgentRegistry();
    const old = await registry.load('./changing.mjs', { from: folder, fresh: true });
    const inFlight = registry.list();
    await writeFile(file, `export default ${body('changing', 1, '2.0.0')};`);
    await expect(registry.load('./changing.mjs', { from: folder, fresh: true })).rejects.toMatchObject({ code: 'FW_AGENT_DUPLICATE' });
    await registry.load('./changing.mjs', { from: folder, fresh: true, replace: true });
    expect(registry.get('changing').version).toBe('2.0.0');
    expect(inFlight).toEqual([old]);
    expect(old.version).toBe('1.0.0');
    await expect(registry.load('./broken.mjs', { from: folder, replace: true })).rejects.toMatchObject({ code: 'FW_AGENT_LOAD' });
    expect(registry.list()).toHaveLength(1);
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

  it.each(['file://host/agent.mjs', './a\0b.mjs', `./${'x'.repeat(5_000)}`, '', '__proto__', '/dev/null', 'C:\\agent.mjs', 'data:text/javascript,1'])('has one code for what cannot be a file: %j', async (specifier) => {
    await expect(loadAgent(specifier, { from: folder, fresh: true })).rejects.toMatchObject({ code: 'FW_AGENT_LOAD' });
  });

  it('stops waiting for a module that hangs', async () => {
    const stop = new AbortController();
    const loading = loadAgent('./hangs.mjs', { from: folder, signal: stop.signal });
    stop.abort(new Error('too long'));
    await expect(loading).rejects.toThrow('too long');
  });
});
