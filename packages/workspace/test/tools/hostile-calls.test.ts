import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bench } from './tool-bench.ts';


it('edits of one file that come at once are all made', async () => {
  const lines = Array.from({ length: 12 }, (_, index) => `line${index}();\n`).join('');
  const { call, workspace } = await bench({ 'a.js': lines });
  const results = await Promise.all(Array.from({ length: 12 }, (_, index) => call('edit_file', { path: 'a.js', edits: [{ old: `line${index}();`, new: `edited${index}();` }] })));
  expect(results.map(({ ok }) => ok)).toEqual(Array.from({ length: 12 }, () => true));
  expect(await workspace.read('a.js')).toBe(lines.replaceAll('line', 'edited'));
  const made = await Promise.all([1, 2, 3].map((index) => call('write_file', { path: 'one.txt', content: `${index}` })));
  expect(made.filter(({ ok }) => ok)).toHaveLength(1);
});

it('a call that waits for another to end goes at once when it is aborted', async () => {
  const { call, workspace } = await bench({ 'a.txt': 'one\n' });
  const running = new AbortController();
  const command = call('run', { command: 'touch begun; sleep 60' }, running.signal).catch((error: unknown) => (error as Error).name);
  await expect.poll(() => existsSync(join(workspace.root, 'begun'))).toBe(true);
  const waiting = new AbortController();
  const edit = call('write_file', { path: 'late.txt', content: 'x' }, waiting.signal);
  waiting.abort();
  await expect(edit).rejects.toThrow('abort');
  running.abort();
  expect(await command).toBe('AbortError');
  expect(existsSync(join(workspace.root, 'late.txt'))).toBe(false);
});

it('diff shows files whatever their names', async () => {
  const names = ['esc\u001B[31m.txt', 'tab\tname.txt', 'quote".txt', 'back\\slash.txt', 'nl\nname.txt', 'ü b/x b/y.txt', 'bidi\u202Ename.txt', 'del\u007F.txt'];
  const { call, workspace } = await bench({ 'a.txt': '' });
  for (const name of names) writeFileSync(join(workspace.root, name.replaceAll('/', '-')), 'content\n');
  const diff = await call('diff', {});
  expect(diff.text.match(/^\+content$/gm)).toHaveLength(names.length);
});

it('a command with long output and many long names keeps the reference to all of its output', async () => {
  const { call, outputs } = await bench({ 'a.txt': '' });
  const result = await call('run', { command: 'for i in $(seq 1 60); do touch "$i-$(printf "%0190d" 0)"; done; seq 1 20000' });
  expect(result.text.length).toBeLessThanOrEqual(16_000);
  expect(result.text).toMatch(/and \d+ more; call diff with stat for all/);
  expect(await outputs.read(result.truncated?.ref as string)).toBe(Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join(''));
});

it('large edits end, whatever they look like', async () => {
  const big = 'a'.repeat(1_500_000);
  const many = Array.from({ length: 40_000 }, (_, index) => `value ${index % 7};\n`).join('');
  const { call } = await bench({ 'big.txt': big, 'many.txt': many });
  const inputs = [
    { path: 'big.txt', edits: [{ old: 'a', new: 'bb', all: true }] },
    { path: 'big.txt', edits: Array.from({ length: 20 }, () => ({ old: 'a', new: 'b', all: true })) },
    { path: 'big.txt', edits: [{ old: `${'a'.repeat(700_000)}\nb`, new: '' }] },
    { path: 'many.txt', edits: [{ old: many.slice(5, 400_000).replaceAll('value', 'valve'), new: '' }] },
    { path: 'many.txt', edits: [{ old: many.slice(0, 300_000).replaceAll(';', ' ;'), new: 'x' }] },
    { path: 'many.txt', edits: [{ old: 'value 1;\nvalue 2;', new: 'x', all: true }] },
  ];
  for (const input of inputs) {
    const result = await call('edit_file', input);
    expect(result.text.length).toBeLessThanOrEqual(16_000);
  }
  const patches = [
    `*** Begin Patch\n${Array.from({ length: 400 }, (_, index) => `*** Add File: q/${index}.txt\n+x\n`).join('')}*** End Patch`,
    `*** Begin Patch\n${Array.from({ length: 20_000 }, (_, index) => `*** Add File: p/${index}.txt\n+x\n`).join('')}*** End Patch`,
    `*** Begin Patch\n*** Update File: many.txt\n${Array.from({ length: 5_000 }, (_, index) => `@@ value ${index % 7};\n-value 3;\n+value x;\n`).join('')}*** End Patch`,
  ];
  for (const patch of patches) {
    const result = await call('apply_patch', { patch });
    expect(result.text.length).toBeLessThanOrEqual(16_000);
  }
});
