import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StepContext, ToolOutput } from '@fw/agents-core';
import { describe, expect, it } from 'vitest';
import { memoryOutputs } from '../../src/tools/output-store.ts';
import { createSymbolThread } from '../../src/tools/symbol-thread.ts';
import type { SymbolThread } from '../../src/tools/symbol-thread.ts';
import { symbolsTool } from '../../src/tools/symbols.ts';
import { temporaryFolder, writeFiles } from '../temporary-folder.ts';
import { bench } from './tool-bench.ts';


const project = {
  'src/price.ts': 'export interface Price {\n  readonly cents: number;\n}\nexport function addPrices(a: Price, b: Price): Price {\n  return { cents: a.cents + b.cents };\n}\n',
  'src/index.ts': "export * from './price.ts';\nexport { addPrices as sum } from './price.ts';\n",
  'src/cart.js': "import { addPrices } from './index.ts';\n// addPrices in a comment\nexport class Cart {\n  total = { cents: 0 };\n  add(price) {\n    this.total = addPrices(this.total, price);\n  }\n}\n",
  'other/two.ts': 'export function helper() {}\n',
  'other/three.ts': "export function helper() {}\nexport const text = 'helper';\nhelper();\n",
};

async function ask(thread: SymbolThread | undefined, input: object, files: { readonly [file: string]: string } = project): Promise<ToolOutput> {
  const { workspace } = await bench(files);
  const tool = symbolsTool(workspace, memoryOutputs(), thread ?? createSymbolThread({ root: workspace.root }));
  const step: StepContext = { key: 'test', attempt: 1, signal: new AbortController().signal, progress: () => undefined };
  return tool.kind === 'leaf' ? ((await tool.run({ ...input }, step)) as unknown as ToolOutput) : Promise.reject(new Error('no leaf'));
}

describe('symbols', () => {
  it('finds declarations, definitions, references and the outline, and sees each edit', async () => {
    const { call, workspace } = await bench(project);
    const find = await call('symbols', { action: 'find', name: 'price' });
    expect(find.text).toContain('src/price.ts:1: interface Price: export interface Price {');
    expect(find.text).toContain('src/price.ts:4: function addPrices: export function addPrices');
    expect((await call('symbols', { action: 'definition', name: 'addPrices', path: 'src/cart.js', line: 6 })).text).toMatch(/^src\/price\.ts:4: function addPrices:/);
    const references = await call('symbols', { action: 'references', name: 'addPrices', path: 'src/cart.js', line: 6 });
    expect(references.text.split('\n').map((line) => line.split(':').slice(0, 2).join(':'))).toEqual(['src/cart.js:1', 'src/cart.js:6', 'src/index.ts:2', 'src/price.ts:4']);
    expect((await call('symbols', { action: 'references', name: 'addPrices' })).meta).toEqual(references.meta);
    expect((await call('symbols', { action: 'outline', path: 'src/cart.js' })).text).toBe('3\tclass Cart\n4\t  property total\n4\t    property cents\n5\t  method add');
    await workspace.write('src/late.ts', "import { addPrices } from './price.ts';\nexport const late = addPrices;\n");
    expect((await call('symbols', { action: 'references', name: 'addPrices' })).text).toContain('src/late.ts:2: use: export const late = addPrices;');
    await workspace.remove('src/late.ts');
    expect((await call('symbols', { action: 'references', name: 'addPrices' })).text).not.toContain('late');
  });

  it('asks which one is meant, and says what it does not find', async () => {
    const { call } = await bench(project);
    const both = await call('symbols', { action: 'references', name: 'helper' });
    expect(both).toMatchObject({ ok: false, code: 'ambiguous', text: expect.stringContaining('other/two.ts:1: function helper') });
    expect((await call('symbols', { action: 'references', name: 'helper', path: 'other/three.ts', line: 3 })).text.split('\n')).toHaveLength(2);
    expect(await call('symbols', { action: 'definition', name: 'none' })).toMatchObject({ code: 'not_found' });
    expect(await call('symbols', { action: 'definition', name: 'helper', path: 'other/three.ts', line: 2 })).toMatchObject({ code: 'not_found' });
    expect(await call('symbols', { action: 'find', name: 'zzz' })).toMatchObject({ ok: true, meta: { symbols: 0 } });
    expect(await call('symbols', { action: 'outline', path: 'none.ts' })).toMatchObject({ code: 'not_found' });
    for (const wrong of [{ action: 'find' }, { action: 'outline' }, { action: 'definition', name: 'a', line: 2 }, { action: 'find', name: 'a', extra: 1 }]) expect(await call('symbols', wrong)).toMatchObject({ code: 'invalid_input' });
  });

  it('sees nothing outside of the workspace, whatever links and settings say', async () => {
    const outside = temporaryFolder();
    writeFiles(outside, { 'secret.ts': 'export const canarySymbol = 1;\n', 'node_modules/typescript/index.js': 'throw new Error("never loaded");\n', 'tsconfig.json': '{}' });
    const { call, workspace } = await bench({ 'a.ts': `import { canarySymbol } from './way/secret';\nimport { canarySymbol as other } from '${outside}/secret';\nexport const b = canarySymbol + other;\n`, 'tsconfig.json': JSON.stringify({ extends: `${outside}/tsconfig.json`, compilerOptions: { paths: { secret: [`${outside}/secret.ts`] }, plugins: [{ name: './evil.js' }] }, files: [`${outside}/secret.ts`] }) });
    symlinkSync(outside, join(workspace.root, 'way'));
    symlinkSync(join(outside, 'secret.ts'), join(workspace.root, 'link.ts'));
    for (const input of [{ action: 'find', name: 'canarySymbol' }, { action: 'definition', name: 'canarySymbol', path: 'a.ts' }, { action: 'references', name: 'canarySymbol', path: 'a.ts' }, { action: 'outline', path: 'link.ts' }, { action: 'outline', path: 'way/secret.ts' }]) {
      expect((await call('symbols', input)).text).not.toContain('export const canarySymbol');
    }
  });

  it('says how to install TypeScript where there is none that it can use', async () => {
    const folder = temporaryFolder();
    const script = join(folder, 'symbols-worker.ts');
    for (const file of ['symbols-worker.ts', 'type-errors.ts']) cpSync(join(import.meta.dirname, '../../src/tools', file), join(folder, file));
    const none = await ask(createSymbolThread({ root: folder, script: pathToFileURL(script) }), { action: 'find', name: 'price' });
    expect(none).toMatchObject({ ok: false, code: 'failed', text: expect.stringContaining('npm install typescript@6') });
    writeFiles(folder, { 'node_modules/typescript/package.json': '{"name":"typescript","main":"index.js"}', 'node_modules/typescript/index.js': "exports.version = '7.0.2'; exports.versionMajorMinor = '7.0';" });
    expect((await ask(createSymbolThread({ root: folder, script: pathToFileURL(script) }), { action: 'find', name: 'price' })).text).toContain('there is version 7.0.2');
  });

  it('survives files that take too much memory or time, and works again afterwards', async () => {
    const { workspace } = await bench(project);
    const files = Object.keys(project);
    const signal = new AbortController().signal;
    const small = createSymbolThread({ root: workspace.root, memoryMegabytes: 16 });
    expect((await small.ask({ action: 'find', name: 'price', files }, signal)).status).toBe('too_large');
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'hangs.mjs'), "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { for (;;); });");
    const hanging = createSymbolThread({ root: folder, script: pathToFileURL(join(folder, 'hangs.mjs')), deadlineMs: 300 });
    const both = await Promise.all([1, 2].map(() => hanging.ask({ action: 'find', name: 'price', files }, signal)));
    expect(both.map(({ status }) => status)).toEqual(['timeout', 'timeout']);
    const controller = new AbortController();
    const asked = createSymbolThread({ root: folder, script: pathToFileURL(join(folder, 'hangs.mjs')) }).ask({ action: 'find', name: 'price', files }, controller.signal);
    controller.abort();
    await expect(asked).rejects.toThrow('abort');
    const thread = createSymbolThread({ root: workspace.root });
    const deep = `export const deep = ${'('.repeat(50_000)}1${')'.repeat(50_000)};`;
    writeFileSync(join(workspace.root, 'deep.ts'), deep);
    expect(['found', 'failed']).toContain((await thread.ask({ action: 'find', name: 'price', files: [...files, 'deep.ts'] }, signal)).status);
    expect((await thread.ask({ action: 'find', name: 'price', files }, signal)).status).toBe('found');
  });

  it('looks in a large workspace at the files in which the name stands', async () => {
    const { call, workspace } = await bench({});
    writeFiles(workspace.root, { ...project, ...Object.fromEntries(Array.from({ length: 2_500 }, (_, index) => [`many/f${index}.ts`, `export const value${index} = ${index};\n`])) });
    expect((await call('symbols', { action: 'references', name: 'addPrices' })).meta).toEqual({ symbols: 4 });
    expect((await call('symbols', { action: 'find', name: 'value2400' })).text).toContain('many/f2400.ts:1: const value2400');
  });
});
