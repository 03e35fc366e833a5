import { chmodSync, existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@fw/agents-core';
import { describe, expect, it } from 'vitest';
import { workspaceTools } from '../../src/tools.ts';
import { bench } from './tool-bench.ts';


it('declares effects and strict inputs', async () => {
  const { workspace, call } = await bench({ 'a.js': '1' });
  const tools = workspaceTools(workspace);
  expect(tools.map((tool) => [tool.name, tool.kind === 'leaf' ? tool.effect : ''])).toEqual([
    ['list_files', 'pure'],
    ['search', 'pure'],
    ['read_file', 'pure'],
    ['edit_file', 'idempotent'],
    ['apply_patch', 'idempotent'],
    ['write_file', 'idempotent'],
    ['run', 'idempotent'],
    ['diff', 'pure'],
    ['symbols', 'pure'],
    ['repository_map', 'pure'],
    ['plan', 'pure'],
  ]);
  for (const tool of tools) expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
  expect(await call('read_file', { path: 'a.js', unknown: 1 })).toMatchObject({ ok: false, code: 'invalid_input' });
});

describe('list_files', () => {
  it('folds deep folders and leaves out what is ignored', async () => {
    const { call } = await bench({
      'a.js': '',
      'src/b.js': '',
      'src/x/y/c.js': '',
      'src/x/y/d.js': '',
      '.github/ci.yml': '',
      '.gitignore': 'dist\n',
      'node_modules/d/index.js': '',
    });
    expect((await call('list_files', {})).text.split('\n')).toEqual([
      '.github/ci.yml',
      '.gitignore',
      'a.js',
      'src/b.js',
      'src/x/ (2 files)',
    ]);
    expect((await call('list_files', { path: 'src', depth: 3 })).text.split('\n')).toEqual(['src/b.js', 'src/x/y/c.js', 'src/x/y/d.js']);
    expect((await call('list_files', { glob: '**/c.js', depth: 5 })).text).toBe('src/x/y/c.js');
  });

  it('says how many entries are not shown', async () => {
    const { call } = await bench(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}.txt`, ''])));
    const result = await call('list_files', { limit: 10 });
    expect(result.truncated).toMatchObject({ shown: 10, total: 30, unit: 'entries' });
    expect(result.text).toContain('10 of 30 entries');
  });

  it('answers not_found and outside', async () => {
    const { call } = await bench({ 'a.js': '' });
    expect(await call('list_files', { path: 'missing' })).toMatchObject({ ok: false, code: 'not_found' });
    expect(await call('list_files', { path: '..' })).toMatchObject({ ok: false, code: 'outside' });
  });
});

describe('search', () => {
  it('answers lines, files and counts', async () => {
    const { call } = await bench({ 'a.js': 'one\ntwo\nthree\n', 'ü b.js': 'two\nTwo two\n' });
    expect((await call('search', { pattern: 't[wW]o' })).text.split('\n')).toEqual(['a.js:2:two', 'ü b.js:1:two', 'ü b.js:2:Two two']);
    expect((await call('search', { pattern: 'TWO', case: false, output: 'count' })).text).toBe('a.js: 1\nü b.js: 2');
    expect((await call('search', { pattern: 'three', output: 'files' })).text).toBe('a.js');
    expect((await call('search', { pattern: 'two', glob: 'a.*', context: 1 })).text.split('\n')).toEqual([
      'a.js-1-one',
      'a.js:2:two',
      'a.js-3-three',
    ]);
    expect(await call('search', { pattern: 'four' })).toMatchObject({
      ok: true,
      text: expect.stringContaining('No matches'),
      meta: { matches: 0 },
    });
  });

  it('takes a pattern that is no regular expression as text', async () => {
    const { call } = await bench({ 'a.js': 'call(x[0\n' });
    const result = await call('search', { pattern: 'call(x[0' });
    expect(result.text).toContain('a.js:1:call(x[0');
    expect(result.text).toContain('searched as plain text');
  });

  it('pages through many matches without losing one', async () => {
    const { call } = await bench({ 'a.txt': Array.from({ length: 25 }, (_, index) => `hit ${index}`).join('\n') });
    const first = await call('search', { pattern: 'hit', limit: 20 });
    expect(first.truncated).toMatchObject({ shown: 20, total: 25, unit: 'matches' });
    expect(first.text).toContain('offset 20');
    const second = await call('search', { pattern: 'hit', limit: 20, offset: 20 });
    expect(second.text.split('\n').filter((line) => line.startsWith('a.txt'))).toHaveLength(5);
    expect((await call('search', { pattern: 'hit', offset: 25 })).text).toContain('there are 25 matches');
  });

  it('neither takes a pattern for an option nor follows links out', async () => {
    const { call, workspace } = await bench({ 'a.js': '--files\n' });
    symlinkSync('/etc', join(workspace.root, 'etc'));
    expect((await call('search', { pattern: '--files' })).text).toBe('a.js:1:--files');
    expect(await call('search', { pattern: 'root', path: 'etc' })).toMatchObject({ code: 'outside' });
    expect((await call('search', { pattern: 'root:' })).meta).toMatchObject({ matches: 0 });
  });
});

describe('read_file', () => {
  it('numbers lines and gives the hash that edits can name', async () => {
    const { call } = await bench({ 'a.js': 'one\ntwo\n' });
    const result = await call('read_file', { path: 'a.js' });
    expect(result.text).toMatch(/^a\.js: 2 lines, hash [0-9a-f]{16}\n1\tone\n2\ttwo$/);
  });

  it('shows the outline and the first lines of a long file, and how to read on', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => (index === 700 ? 'export function late() {' : `// ${index}`));
    const { call } = await bench({ 'long.ts': lines.join('\n') });
    const result = await call('read_file', { path: 'long.ts' });
    expect(result.truncated).toMatchObject({ shown: 400, total: 1_000, unit: 'lines' });
    expect(result.text).toContain('701\texport function late() {');
    expect(result.text).toContain('start 401');
    expect((await call('read_file', { path: 'long.ts', start: 999 })).text).toMatch(
      /999\t\/\/ 998\n1000\t\/\/ 999\n\[Lines 999 to 1000 of 1000\.\]$/,
    );
    expect((await call('read_file', { path: 'long.ts', outline: true })).text).toContain('701\t');
  });

  it('never answers more than 32,000 characters, and says what is missing', async () => {
    const { call } = await bench({ 'wide.txt': `${'x'.repeat(5_000)}\n`.repeat(100) });
    const result = await call('read_file', { path: 'wide.txt', start: 1, end: 100 });
    expect(result.text.length).toBeLessThanOrEqual(32_000);
    expect(result.text).toContain('…[+3002 characters]');
    expect(result.truncated?.total).toBe(100);
  });

  it('answers binary, not_found and outside', async () => {
    const { call, workspace } = await bench({ 'a.js': '' });
    writeFileSync(join(workspace.root, 'b.bin'), Buffer.from([0, 1]));
    expect(await call('read_file', { path: 'b.bin' })).toMatchObject({ ok: false, code: 'binary' });
    expect(await call('read_file', { path: 'none' })).toMatchObject({ ok: false, code: 'not_found' });
    expect(await call('read_file', { path: '/etc/passwd' })).toMatchObject({ ok: false, code: 'outside' });
    expect(await call('read_file', { path: 'a.js' })).toMatchObject({ ok: true, text: expect.stringContaining('empty') });
  });
});

describe('edit_file', () => {
  it('changes the file, shows what changed and gives the new hash', async () => {
    const { call, workspace } = await bench({ 'a.js': 'one\ntwo\nthree\n' });
    const result = await call('edit_file', { path: 'a.js', edits: [{ old: 'two', new: '2' }] });
    expect(result.text).toContain('@@ line 2 @@\n-two\n+2');
    expect(await workspace.read('a.js')).toBe('one\n2\nthree\n');
    expect((await call('read_file', { path: 'a.js' })).meta?.hash).toBe(result.meta?.hash);
  });

  it('refuses a file that has changed since it was read', async () => {
    const { call, workspace } = await bench({ 'a.js': 'one\n' });
    const hash = (await call('read_file', { path: 'a.js' })).meta?.hash as string;
    await workspace.write('a.js', 'one\nmore\n');
    expect(await call('edit_file', { path: 'a.js', edits: [{ old: 'one', new: '1' }], base_hash: hash })).toMatchObject({
      ok: false,
      code: 'stale',
    });
    expect(await workspace.read('a.js')).toBe('one\nmore\n');
  });

  it('writes nothing when one of its edits fails', async () => {
    const { call, workspace } = await bench({ 'a.js': 'one\ntwo\n' });
    expect(
      await call('edit_file', {
        path: 'a.js',
        edits: [
          { old: 'one', new: '1' },
          { old: 'three', new: '3' },
        ],
      }),
    ).toMatchObject({ ok: false, code: 'not_found' });
    expect(await workspace.snapshot()).toBe(workspace.base);
  });
});

describe('apply_patch', () => {
  const patch = (...lines: readonly string[]): Json => ({ patch: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') });

  it('changes, makes, moves and deletes files, and keeps executable bits', async () => {
    const { call, workspace } = await bench({ 'a.js': 'one\ntwo\n', 'b.js': '1\n', 'tool.sh': 'echo\n' });
    chmodSync(join(workspace.root, 'tool.sh'), 0o755);
    const result = await call(
      'apply_patch',
      patch('*** Update File: a.js', '@@', ' one', '-two', '+2', '*** Delete File: b.js', '*** Add File: deep/c.js', '+3', '*** Update File: tool.sh', '*** Move to: bin/tool.sh', '@@', '-echo', '+echo ok'),
    );
    expect(result).toMatchObject({ ok: true, text: expect.stringContaining('@@ line 1 @@\n one\n-two\n+2') });
    expect(await workspace.read('a.js')).toBe('one\n2\n');
    expect(await workspace.read('deep/c.js')).toBe('3\n');
    expect(statSync(join(workspace.root, 'bin/tool.sh')).mode & 0o111).toBe(0o111);
    expect(await workspace.files(await workspace.snapshot())).toEqual(['a.js', 'bin/tool.sh', 'deep/c.js']);
    expect((result.meta?.hashes as { [file: string]: string })['a.js']).toBe((await call('read_file', { path: 'a.js' })).meta?.hash);
  });

  it('writes nothing when one of its parts does not fit', async () => {
    const { call, workspace } = await bench({ 'a.js': 'one\n', 'b.js': 'two\n' });
    for (const [wrong, code] of [
      [['*** Update File: b.js', '@@', '-three', '+3'], 'not_found'],
      [['*** Update File: none.js', '@@', '-three', '+3'], 'not_found'],
      [['*** Delete File: none.js'], 'not_found'],
      [['*** Add File: b.js', '+3'], 'denied'],
      [['*** Update File: b.js', '*** Move to: a.js'], 'invalid_input'],
      [['*** Add File: ../b.js', '+3'], 'outside'],
      [['*** Add File: /etc/b.js', '+3'], 'outside'],
      [['*** Add File: .GIT/hooks/pre-commit', '+3'], 'denied'],
      [['*** Add File: a.js/b.js', '+3'], 'invalid_input'],
      [['*** Add File: c.js', '+let a = ;'], 'syntax'],
      [['*** Add File: c.js', '+// ... rest of the code'], 'invalid_input'],
      [['*** Add File: c\0.js', '+1'], 'invalid_input'],
    ] as const) {
      const result = await call('apply_patch', patch('*** Update File: a.js', '@@', '-one', '+1', ...wrong));
      expect(result, wrong.join()).toMatchObject({ ok: false, code });
      expect(await workspace.snapshot()).toBe(workspace.base);
    }
  });

  it('answers where its format is wrong', async () => {
    const { call } = await bench({ 'a.js': 'one\n' });
    expect(await call('apply_patch', { patch: '--- a/a.js\n+++ b/a.js' })).toMatchObject({ code: 'invalid_input', text: expect.stringContaining('*** Begin Patch') });
  });
});

describe('an edit that finds no place', () => {
  it('shows the region at the second time, and what to use instead', async () => {
    const { call, workspace } = await bench({ 'a.js': Array.from({ length: 200 }, (_, line) => `line${line}();`).join('\n') });
    const wrong = { path: 'a.js', edits: [{ old: 'line77();\nline99();', new: 'x' }] };
    expect((await call('edit_file', wrong)).text).not.toContain('failure 2');
    const second = (await call('edit_file', wrong)).text;
    expect(second).toMatch(/failure 2 in a row on a\.js.*78\tline77\(\);.*write_file/s);
    const third = await call('apply_patch', { patch: '*** Begin Patch\n*** Update File: ./a.js\n-nothing\n*** End Patch' });
    expect(third.text).toContain('failure 3');
    expect(await workspace.snapshot()).toBe(workspace.base);
    await call('edit_file', { path: 'a.js', edits: [{ old: 'line77();', new: 'x();' }] });
    expect((await call('edit_file', wrong)).text).not.toContain('in a row');
  });
});

describe('a new syntax error', () => {
  it('is refused with its line, in every format; one that was there is not', async () => {
    const { call, workspace } = await bench({ 'a.ts': 'let a = 1;\nlet b = 2;\n', 'broken.ts': 'let a = ;\n', 'a.json': '{}', 'x.txt': '' });
    const wrong = 'let a = 1;\nlet b = ;\n';
    expect(await call('edit_file', { path: 'a.ts', edits: [{ old: 'b = 2', new: 'b = ' }] })).toMatchObject({ code: 'syntax', text: expect.stringContaining('line 2') });
    expect(await call('write_file', { path: 'a.ts', content: wrong, replace: true })).toMatchObject({ code: 'syntax' });
    expect(await call('write_file', { path: 'new.ts', content: wrong })).toMatchObject({ code: 'syntax' });
    expect(await call('write_file', { path: 'a.json', content: '{a}', replace: true })).toMatchObject({ code: 'syntax' });
    expect(await workspace.snapshot()).toBe(workspace.base);
    expect(await call('edit_file', { path: 'broken.ts', edits: [{ old: 'a', new: 'c' }] })).toMatchObject({ ok: true });
    expect(await call('write_file', { path: 'x.txt', content: wrong, replace: true })).toMatchObject({ ok: true });
    expect(await call('write_file', { path: 'tsconfig.json', content: '{ // a comment\n"a": ["x",],\n}' })).toMatchObject({ ok: true });
    expect(await call('write_file', { path: 'view.js', content: 'export const a = <div>one</div>;' })).toMatchObject({ ok: true });
    expect(await call('write_file', { path: 'deep.ts', content: `let a = ${'('.repeat(20_000)}1${')'.repeat(20_000)};` })).toMatchObject({ ok: true });
    expect(await call('write_file', { path: 'after.ts', content: 'let a: number = 1;' })).toMatchObject({ ok: true });
    expect(await call('write_file', { path: 'after-all.ts', content: wrong })).toMatchObject({ code: 'syntax' });
    expect(await call('write_file', { path: 'old.cjs', content: '#!/usr/bin/env node\nif (a) return;\n' })).toMatchObject({ ok: true });
  });
});

describe('write_file', () => {
  it('makes files, and replaces them only when told', async () => {
    const { call, workspace } = await bench({ 'a.js': 'old' });
    expect(await call('write_file', { path: 'deep/new.js', content: 'x' })).toMatchObject({ ok: true });
    expect(await call('write_file', { path: 'a.js', content: 'fresh' })).toMatchObject({ ok: false, code: 'denied' });
    expect(await call('write_file', { path: 'a.js', content: 'fresh', replace: true })).toMatchObject({ ok: true });
    expect(await call('write_file', { path: 'a.js', content: 'fresh', replace: true })).toMatchObject({ ok: false, code: 'no_change' });
    expect(await workspace.read('a.js')).toBe('fresh');
  });

  it('refuses code that was left out, and places that are not the change', async () => {
    const { call } = await bench({ 'a.js': 'old' });
    expect(await call('write_file', { path: 'b.js', content: 'a();\n// ... rest of the code\n' })).toMatchObject({
      ok: false,
      code: 'invalid_input',
      text: expect.stringContaining('line 2'),
    });
    expect(await call('write_file', { path: '../b.js', content: '' })).toMatchObject({ code: 'outside' });
    expect(await call('write_file', { path: 'node_modules/b.js', content: '' })).toMatchObject({ code: 'denied' });
    expect(await call('write_file', { path: '.git/config', content: '' })).toMatchObject({ code: 'denied' });
    expect(await call('write_file', { path: 'a.js/b.js', content: '' })).toMatchObject({ ok: false });
  });
});

describe('run', () => {
  it('answers the exit code first, the output and the files that changed', async () => {
    const { call } = await bench({ 'a.js': '1', 'b.js': '2' });
    const result = await call('run', { command: 'echo hi | tr h H; rm b.js; echo 2 > a.js; exit 4' });
    expect(result).toMatchObject({ ok: false, code: 'failed', meta: { exitCode: 4, changed: 2 } });
    expect(result.text).toMatch(/^Exit code 4 after .* s\.\nHi\nFiles changed:\nmodified a\.js\ndeleted b\.js$/);
    expect(await call('run', { command: 'true' })).toMatchObject({
      ok: true,
      text: expect.stringMatching(/No output\.\nNo files changed\.$/),
    });
  });

  it('keeps both ends of long output and counts exactly', async () => {
    const { call } = await bench({ 'a.js': '1' });
    const result = await call('run', { command: 'echo first; yes | head -n 100000; echo last' });
    expect(result.text.length).toBeLessThanOrEqual(16_000);
    expect(result.text).toContain('\nfirst\n');
    expect(result.text).toContain('\nlast\n');
    expect(result.truncated?.total).toBe(200_000 + 'first\nlast\n'.length);
  });

  it('answers timeout, and throws only when the step was aborted', async () => {
    const { call, workspace } = await bench({ 'a.js': '1' });
    expect(await call('run', { command: 'sleep 100', timeout_s: 1 })).toMatchObject({ ok: false, code: 'timeout' });
    const controller = new AbortController();
    const running = call('run', { command: 'touch begun; sleep 100' }, controller.signal);
    await expect.poll(() => existsSync(join(workspace.root, 'begun'))).toBe(true);
    controller.abort();
    await expect(running).rejects.toThrow('aborted');
  });
});

describe('a cut answer', () => {
  it('names where all of it is, which read_file and search find, also in a later process', async () => {
    const { call, workspace } = await bench({ 'a.js': '1' });
    const result = await call('run', { command: 'for i in $(seq 1 20000); do echo "line $i ü😀"; done' });
    const ref = result.truncated?.ref as string;
    expect(ref).toMatch(/^output:\/\/[0-9a-f]{64}$/);
    expect(result.text).toContain(`Call read_file or search with path ${ref} for all.`);
    const full = Array.from({ length: 20_000 }, (_, index) => `line ${index + 1} ü😀\n`).join('');
    expect(result.truncated?.total).toBe(full.length);
    const left = Number(/… (\d+) characters omitted/.exec(result.text)?.[1]);
    expect((result.truncated?.shown ?? 0) + left).toBe(full.length);
    expect(result.text.isWellFormed()).toBe(true);
    expect((await call('read_file', { path: ref, start: 12_345, end: 12_345 })).text).toContain('12345\tline 12345 ü😀');
    expect((await call('search', { path: ref, pattern: 'line 1234[56] ' })).text).toBe(`${ref}:12345:line 12345 ü😀\n${ref}:12346:line 12346 ü😀`);
    expect(await call('read_file', { path: `output://${'0'.repeat(64)}` })).toMatchObject({ code: 'not_found' });
    expect(await call('read_file', { path: 'output://../../etc/passwd' })).toMatchObject({ code: 'not_found' });
    expect(await call('search', { path: 'output://..', pattern: 'x' })).toMatchObject({ code: 'not_found' });
    await workspace.write('big.txt', 'x\n'.repeat(30_000));
    const diff = await call('diff', {});
    expect((await call('read_file', { path: diff.truncated?.ref as string, start: 30_000, end: 30_000 })).text).toContain('+x');
  });
});

describe('diff', () => {
  it('names binary files, and leaves the room to what can be read', async () => {
    const { workspace, call } = await bench({ 'z.js': '1\n' });
    writeFileSync(join(workspace.root, 'a.bin'), Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256));
    writeFileSync(join(workspace.root, 'z.js'), '2\n');
    const { text, truncated } = await call('diff', {});
    expect(text).toMatch(/^diff --git a\/a\.bin b\/a\.bin\nnew file mode 100644\nindex 0+\.\.[0-9a-f]+\nBinary files differ\ndiff --git a\/z\.js b\/z\.js\n/);
    expect(text).toContain('-1\n+2');
    expect(truncated).toBeUndefined();
    expect((await call('diff', { path: 'a.bin' })).text).toMatch(/Binary files differ$/);
  });

  it('shows the change against the base, or since it was last called', async () => {
    const { call, workspace } = await bench({ 'a.js': '1\n', 'sub/ü.js': '1\n' });
    expect((await call('diff', {})).text).toBe('No changes against base.');
    await workspace.write('a.js', '2\n');
    expect((await call('diff', { stat: true })).text).toBe('modified a.js (1 line new)');
    await workspace.write('sub/ü.js', '2\n');
    const last = await call('diff', { against: 'last' });
    expect(last.text).toContain('sub/ü.js');
    expect(last.text).not.toContain('a.js');
    const part = await call('diff', { path: 'sub' });
    expect(part.text).toMatch(/^diff --git a\/sub\/ü\.js b\/sub\/ü\.js\n.*-1\n\+2$/s);
  });
});
