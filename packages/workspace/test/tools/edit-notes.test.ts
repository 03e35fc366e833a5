import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createEditNotes } from '../../src/tools/edit-notes.ts';
import type { EditedFile } from '../../src/tools/edit-notes.ts';
import { createSymbolThread } from '../../src/tools/symbol-thread.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { bench } from './tool-bench.ts';


const project = {
  'tsconfig.json': '{ "compilerOptions": { "strict": true } }\n',
  'global.d.ts': 'declare const version: string;\n',
  'src/price.ts': 'export interface Price {\n  readonly cents: number;\n}\nexport const old: number = "wrong already";\n',
  'src/cart.ts': "import type { Price } from './price.ts';\nexport const total = (prices: Price[]): number => prices.length;\n",
};

/** Makes the change, and gives what the notes say of it, however long that takes. */
async function noting(files: { readonly [file: string]: string }) {
  const { workspace } = await bench(files);
  const notes = createEditNotes(workspace, createSymbolThread({ root: workspace.root }), 60_000);
  return async (changes: { readonly [file: string]: string }): Promise<string> => {
    const edited: EditedFile[] = [];
    for (const [file, after] of Object.entries(changes)) {
      edited.push({ file, before: await workspace.read(file).catch(() => undefined), after });
      await workspace.write(file, after);
    }
    return (await notes({ ok: true, text: 'done' }, edited, new AbortController().signal)).text;
  };
}

describe('an edit of TypeScript', () => {
  it('is answered with the type errors that it brought, by place and message, and no others', async () => {
    const change = await noting(project);
    const cart = project['src/cart.ts'];
    expect(await change({ 'src/cart.ts': cart.replace('prices.length', 'prices.map((price) => price.cent).length + version') })).toBe([
      'done', 'Types, new by this edit (installed packages are not looked at):',
      "src/cart.ts:2: TS2322: Type 'string' is not assignable to type 'number'.",
      "src/cart.ts:2: TS2551: Property 'cent' does not exist on type 'Price'. Did you mean 'cents'?",
    ].join('\n'));
    expect(await change({ 'src/cart.ts': `// one line more\n${cart.replace('prices.length', 'prices.map((price) => price.cent).length + version')}` })).toBe('done');
    expect(await change({ 'src/cart.ts': cart })).toBe('done');
    const both = await change({ 'src/price.ts': project['src/price.ts'].replace('number;', 'bigint;'), 'src/new.ts': "import type { Price } from './price.ts';\nexport const price: Price = { cents: 1 };\n" });
    expect(both).toContain('src/new.ts:2: TS2322');
    expect(both).not.toContain('wrong already');
  });

  it('is told nothing that only installed packages would know, and at most ten errors', async () => {
    const change = await noting(project);
    expect(await change({ 'src/app.ts': "import express from 'express';\nimport { readFile } from 'node:fs/promises';\nconst app = express();\napp.get('/', (request, response) => response.send(process.env.HOME + String(readFile)));\n" })).toBe('done');
    const many = await change({ 'src/many.ts': Array.from({ length: 30 }, (_, index) => `export const n${index}: number = 'text';\n`).join('') });
    expect(many.match(/TS2322/g)).toHaveLength(10);
    expect(many).toContain('[10 of 30.]');
    expect(await change({ 'src/plain.js': 'export const n = 1 + undefined.x;\n' })).toBe('done');
  });

  it('is answered so by all three formats', async () => {
    const { call } = await bench(project);
    const wrong = 'export const n: number = true;\n';
    expect((await call('write_file', { path: 'src/a.ts', content: wrong })).text).toContain('Types');
    expect((await call('edit_file', { path: 'src/cart.ts', edits: [{ old: 'prices.length', new: 'true' }] })).text).toContain('Types');
    expect((await call('apply_patch', { patch: `*** Begin Patch\n*** Add File: src/b.ts\n+${wrong}*** End Patch` })).text).toContain('Types');
  });

  it('does not wait for a project that is slow to read, nor for TypeScript that is not there', async () => {
    const script = join(temporaryFolder(), 'worker.mjs');
    const noteWith = async (code: string): Promise<string> => {
      writeFileSync(script, code);
      const { workspace } = await bench(project);
      const notes = createEditNotes(workspace, createSymbolThread({ root: workspace.root, script: pathToFileURL(script) }), 500);
      const edited: readonly EditedFile[] = [{ file: 'src/cart.ts', before: '1;\n', after: '2;\n' }];
      return (await notes({ ok: true, text: 'done' }, edited, new AbortController().signal)).text;
    };
    expect(await noteWith("import { parentPort } from 'node:worker_threads';\nparentPort.on('message', () => undefined);\n")).toBe('done\n[Types: not checked yet, the project is still being read. A later edit says more.]');
    expect(await noteWith("import { parentPort } from 'node:worker_threads';\nparentPort.on('message', ({ id }) => parentPort.postMessage({ id, answer: { status: 'missing', found: 'none' } }));\n")).toBe('done');
    expect(await noteWith('process.exit(1);\n')).toBe('done');
  });

  it('that breaks its syntax is refused, in all three formats', async () => {
    const { call } = await bench(project);
    expect(await call('edit_file', { path: 'src/cart.ts', edits: [{ old: 'prices.length', new: 'prices.(' }] })).toMatchObject({ ok: false, code: 'syntax' });
    expect(await call('write_file', { path: 'src/x.ts', content: 'export const = 1;\n' })).toMatchObject({ ok: false, code: 'syntax' });
    expect(await call('apply_patch', { patch: '*** Begin Patch\n*** Add File: src/y.ts\n+export const = 1;\n*** End Patch' })).toMatchObject({ ok: false, code: 'syntax' });
  });
});

describe('an edit of a test that the base has', () => {
  const tests = {
    'test/sum.test.js': "test('adds', () => {\n  assert.equal(sum(1, 2), 3);\n});\n",
    'test/helpers.js': 'export const one = 1;\n',
    'test/__snapshots__/a.test.js': "test('x', () => {});\n",
    'test/fixtures/input.test.js': "test('x', () => {});\n",
    'src/sum.js': 'export const sum = 1;\n',
    'sum_test.py': 'def test_sum():\n    assert 1\n',
  };
  const note = 'an existing test has lost lines that it had on the base';

  it('that takes lines from it is made, and noted', async () => {
    const { call } = await bench(tests);
    expect((await call('edit_file', { path: 'test/sum.test.js', edits: [{ old: '3);', new: '4);' }] })).text).toContain(`[test/sum.test.js: ${note}`);
    expect((await call('write_file', { path: './sum_test.py', content: 'def test_sum():\n    pass\n', replace: true })).text).toContain(`[sum_test.py: ${note}`);
    expect((await call('apply_patch', { patch: '*** Begin Patch\n*** Delete File: test/sum.test.js\n*** End Patch' })).text).toContain(note);
  });

  it('that only adds to it, or is of another file, is not noted', async () => {
    const { call } = await bench(tests);
    const quiet = async (name: string, input: Parameters<typeof call>[1]): Promise<void> => expect((await call(name, input)).text).not.toContain(note);
    await quiet('edit_file', { path: 'test/sum.test.js', edits: [{ old: '3);\n', new: '3);\n  assert.equal(sum(2, 2), 4);\n' }] });
    await quiet('write_file', { path: 'test/sum.test.js', content: `${tests['test/sum.test.js']}test('more', () => {});\n`, replace: true });
    await quiet('edit_file', { path: 'test/sum.test.js', edits: [{ old: "test('more', () => {});\n", new: '' }] });
    for (const path of ['test/helpers.js', 'test/__snapshots__/a.test.js', 'test/fixtures/input.test.js', 'src/sum.js']) await quiet('write_file', { path, content: 'export {};\n', replace: true });
    await quiet('write_file', { path: 'test/new.test.js', content: "test('a', () => {});\n" });
    await quiet('write_file', { path: 'test/new.test.js', content: "test('b', () => {});\n", replace: true });
  });
});
