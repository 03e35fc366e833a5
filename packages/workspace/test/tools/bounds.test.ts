import type { Json, ToolOutput } from '@fw/agents-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folderOutputs, memoryOutputs } from '../../src/tools.ts';
import { temporaryFolder, writeFiles } from '../temporary-folder.ts';
import { bench } from './tool-bench.ts';


const seed = Number(process.env['FW_SEED'] ?? 1);

/** Whatever was left out is counted, said, kept and whole. */
function requireHonest(result: ToolOutput, cap: number): void {
  expect(result.text.length).toBeLessThanOrEqual(cap);
  expect(result.text.isWellFormed()).toBe(true);
  if (result.truncated === undefined) return;
  const { shown, total, ref } = result.truncated;
  expect(shown).toBeLessThanOrEqual(total);
  expect(ref).toMatch(/^output:\/\/[0-9a-f]{64}$/);
  const last = result.text.split('\n').at(-1);
  if (!/^\[(Lines? \d|Long lines)/.test(last ?? '')) expect(last).toContain(`read_file or search with path ${ref}`);
}

const line = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  fc.integer({ min: 1_900, max: 5_000 }).map((length) => `${'x'.repeat(length % 7)}${'😀'.repeat(length / 2)}`),
);
const file = fc.array(line.map((text) => text.replaceAll(/[\r\n\0]/g, ' ')), { minLength: 1, maxLength: 900 });

describe('what a cut answer leaves out', () => {
  it('is counted to the last line and comes back byte for byte from its reference', async () => {
    const { call, workspace, outputs } = await bench({ 'a.txt': '' });
    const base = await workspace.snapshot();
    await fc.assert(
      fc.asyncProperty(file, fc.integer({ min: 1, max: 950 }), fc.integer({ min: 0, max: 900 }), async (lines, start, more) => {
        const text = lines.map((one) => `${one}\n`).join('');
        await workspace.restore(base);
        await workspace.write('a.txt', text);
        const read = await call('read_file', { path: 'a.txt', start, end: start + more });
        requireHonest(read, 32_000);
        if (start > lines.length) return void expect(read.code).toBe('invalid_input');
        if (read.truncated !== undefined) expect(await outputs.read(read.truncated.ref as string)).toBe(text);
        if (read.truncated?.unit === 'lines') {
          expect(read.truncated.total).toBe(lines.length);
          expect(read.truncated.shown).toBe((read.meta?.['end'] as number) - start + 1);
        }
        const found = await call('search', { pattern: '^', output: 'lines', limit: 500 });
        requireHonest(found, 16_000);
        expect(found.meta?.['matches']).toBe(lines.length);
        if (found.truncated !== undefined) {
          const all = (await outputs.read(found.truncated.ref as string)) as string;
          expect(all).toBe(lines.map((one, index) => `a.txt:${index + 1}:${one}\n`).join(''));
          if (found.truncated.unit === 'matches') expect(found.truncated.total).toBe(lines.length);
          else expect(found.truncated.total).toBe(all.length);
        }
        const diff = await call('diff', {});
        requireHonest(diff, 16_000);
        if (diff.truncated !== undefined) {
          const all = (await outputs.read(diff.truncated.ref as string)) as string;
          expect(all).toBe(await workspace.diff(workspace.base, await workspace.snapshot()));
          expect(diff.truncated.total).toBe(diff.truncated.unit === 'characters' ? all.length : all.split('\n').length - 1);
        }
        const run = await call('run', { command: 'cat a.txt' });
        requireHonest(run, 16_000);
        if (run.truncated !== undefined) {
          expect(run.truncated.total).toBe(text.length);
          expect(await outputs.read(run.truncated.ref as string)).toBe(text);
          expect(Number(/… (\d+) characters omitted/.exec(run.text)?.[1])).toBe(text.length - run.truncated.shown);
        }
      }),
      { numRuns: 25, seed },
    );
  });

  it('can be read to its end by the calls that answers name', async () => {
    const text = Array.from({ length: 3_000 }, (_, index) => `line ${index} ${'ü'.repeat(index % 90)}\n`).join('');
    const { call } = await bench({ 'a.txt': text });
    let got = '';
    for (let start: number | undefined = 1; start !== undefined; ) {
      const part: ToolOutput = await call('read_file', { path: 'a.txt', start });
      requireHonest(part, 32_000);
      for (const [, content] of part.text.matchAll(/^\d+\t(.*)$/gm)) got += `${content}\n`;
      start = Number(/start (\d+) for more/.exec(part.text)?.[1]) || undefined;
    }
    expect(got).toBe(text);
  });

  it('holds for one line that is as long as a file', async () => {
    const long = `let a = "${'😀'.repeat(9_000)}";`;
    const { call, outputs } = await bench({ 'min.js': `${long}\n`, 'huge.txt': 'y'.repeat(5_000_000) });
    const cut = await call('read_file', { path: 'min.js' });
    expect(cut.truncated).toBeUndefined();
    expect([...cut.text.matchAll(/^1\+\d+\t(.*)$/gm)].map(([, piece]) => piece).join('')).toBe(long);
    const huge = await call('read_file', { path: 'huge.txt' });
    requireHonest(huge, 32_000);
    expect(huge.truncated).toMatchObject({ total: 5_000_000, unit: 'characters' });
    expect(await outputs.read(huge.truncated?.ref as string)).toHaveLength(5_000_000);
    const hit = await call('search', { pattern: '.', path: 'huge.txt' });
    expect(hit).toMatchObject({ ok: true, meta: { matches: 1 } });
    requireHonest(hit, 16_000);
  });

  it('is said for lists, outlines and edits too', async () => {
    const source = Array.from({ length: 2_000 }, (_, index) => `export function name${index}() {}\n`).join('');
    const { call, outputs } = await bench({ 'a.js': source, 'b.js': 'one();\n', ...Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`d/f${index}.txt`, ''])) });
    const list = await call('list_files', { limit: 100 });
    requireHonest(list, 16_000);
    expect(list.truncated).toMatchObject({ shown: 100, total: 302, unit: 'entries' });
    expect((await outputs.read(list.truncated?.ref as string))?.split('\n').filter(Boolean)).toHaveLength(302);
    const outline = await call('read_file', { path: 'a.js', outline: true });
    requireHonest(outline, 16_000);
    expect(outline.truncated).toMatchObject({ total: 2_000, unit: 'entries' });
    expect((await call('read_file', { path: 'a.js' })).text).toMatch(/\[\d+ of 2000\. Call read_file with outline for all\.\]/);
    const edit = await call('edit_file', { path: 'b.js', edits: [{ old: 'one();', new: source }] });
    requireHonest(edit, 16_000);
    expect(edit.truncated?.total).toBeGreaterThan(2_000);
    expect(await outputs.read(edit.truncated?.ref as string)).toContain('+export function name1999() {}');
  });

  it('keeps the lines of context of the last match', async () => {
    const { call } = await bench({ 'a.txt': 'a\nhit\nb\nc\nhit\nd\n' });
    expect((await call('search', { pattern: 'hit', context: 1, limit: 1, offset: 1 })).text).toContain('a.txt-6-d');
    expect((await call('search', { pattern: 'hit', context: 1, limit: 2 })).text).toContain('a.txt-6-d');
  });
});

describe('what a model may send', () => {
  const hostile: readonly Json[] = [null, 1, 'x', [], {}, true, { path: null }, { path: '\0' }, { path: 'a\0b' }, { path: '\ud800' }, { path: 'x'.repeat(5_000_000) }, { path: '../../etc/passwd' }, { path: '/etc/passwd' }, { path: 'sub' }, { path: '.' }, { path: ' ' }, { path: 'a'.repeat(300) }, { path: 'a/'.repeat(2_000) }, { ['k'.repeat(5_000_000)]: 1 }, { path: 'a.txt', start: 1e308 }, { path: 'a.txt', start: -1 }, { path: 'a.txt', start: 9, end: 1 }, { pattern: '\0' }, { pattern: '(a{1000}){1000}' }, { pattern: '(?:a?){500}a{500}' }, { pattern: 'a\nb' }, { pattern: 'x', glob: '[' }, { pattern: 'x', path: 'output://x' }, { command: 'true\0' }, { command: '\ud800' }, { command: 'true', cwd: 'a.txt' }, { command: 'true', cwd: 'none' }, { command: 'true', timeout_s: 601 }, { items: Array.from({ length: 100_000 }, () => 7) }, { path: 'a.txt', edits: Array.from({ length: 5_000 }, () => ({ old: 1 })) }, { path: 'sub', edits: [{ old: 'a', new: 'b' }] }, { path: 'sub', content: 'x' }, { path: 'a.txt', content: '\0', replace: true }, { path: 'a.txt', content: 'x\ud800', replace: true }, { path: 'x'.repeat(300), content: 'x' }, { patch: '*** Begin Patch\n*** Add File: sub\n+x\n*** End Patch' }, { patch: `*** Begin Patch\n*** Add File: ${'x'.repeat(4_000)}\n+x\n*** End Patch` }, { patch: `*** Begin Patch\n${'x'.repeat(1_900_000)}\n*** End Patch` }, { path: 'a.txt', edits: [{ old: 'z'.repeat(1_900_000), new: '' }] }, { path: 'a.txt', edits: [{ old: 'one', new: '\ud800' }] }];

  it('is answered by each tool within its bounds, and nothing is written', async () => {
    const { call, workspace } = await bench({ 'a.txt': 'one\n', 'sub/b.txt': 'two\n' });
    for (const name of ['list_files', 'search', 'read_file', 'edit_file', 'apply_patch', 'write_file', 'run', 'diff', 'plan']) {
      for (const input of hostile) {
        const result = await call(name, input);
        const shown = `${name} ${(JSON.stringify(input) ?? '').slice(0, 80)}`;
        expect(typeof result.text, shown).toBe('string');
        expect(result.text.length, shown).toBeLessThanOrEqual(name === 'read_file' ? 32_000 : 16_000);
        if (!result.ok) expect(result.code, `${shown} ${result.text.slice(0, 200)}`).not.toBe('failed');
      }
    }
    expect(await workspace.snapshot()).toBe(workspace.base);
  });

  it('searches with patterns that explode elsewhere in linear time', async () => {
    const { call } = await bench({ 'a.txt': `${'a'.repeat(200_000)}!\n` });
    expect(await call('search', { pattern: '(a+)+$' })).toMatchObject({ ok: true, meta: { matches: 0 } });
    expect(await call('search', { pattern: '(x+x+)+y|(a|a?)+b', case: false })).toMatchObject({ ok: true, meta: { matches: 0 } });
    expect(await call('search', { pattern: '((a{100}){100}){100}' })).toMatchObject({ code: 'invalid_input', text: expect.stringContaining('size limit') });
    expect(await call('search', { pattern: '(?<=a)b' })).toMatchObject({ ok: true, text: expect.stringContaining('searched as plain text') });
  });
});

describe('10,000 files', () => {
  it('are listed, searched and counted', async () => {
    const { call, outputs, workspace } = await bench({});
    writeFiles(workspace.root, Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`d${index % 100}/f${index}.txt`, `hit ${index}\n`])));
    const list = await call('list_files', { depth: 2, limit: 500 });
    expect(list.truncated).toMatchObject({ shown: 500, total: 10_000 });
    expect((await call('list_files', { depth: 1 })).text.split('\n')).toHaveLength(100);
    const found = await call('search', { pattern: 'hit', output: 'files', limit: 500 });
    expect(found.truncated).toMatchObject({ total: 10_000, unit: 'entries' });
    expect((await outputs.read(found.truncated?.ref as string))?.split('\n').filter(Boolean)).toHaveLength(10_000);
  });
});

describe.each([
  ['a folder', () => folderOutputs(`${temporaryFolder()}/made/later`)],
  ['memory', () => memoryOutputs()],
])('outputs in %s', (_, create) => {
  it('give back every byte, by the hash of the text', async () => {
    const outputs = create();
    const texts = fc.sample(fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()), { numRuns: 50, seed });
    const references = await Promise.all([...texts, ...texts].map((text) => outputs.keep(text)));
    for (const [index, reference] of references.entries()) expect(await outputs.read(reference)).toBe(texts[index % texts.length]);
    expect(new Set(references).size).toBe(new Set(texts).size);
    for (const wrong of ['', 'output://', `output://${'0'.repeat(64)}`, 'output://../../etc/passwd', `${references[0]}x`]) expect(await outputs.read(wrong)).toBeUndefined();
  });
});

it('memory lets the oldest texts go when it is full', async () => {
  const outputs = memoryOutputs(10);
  const first = await outputs.keep('12345');
  const second = await outputs.keep('67890');
  const third = await outputs.keep('abcde');
  expect(await Promise.all([first, second, third].map((reference) => outputs.read(reference)))).toEqual([undefined, '67890', 'abcde']);
});
