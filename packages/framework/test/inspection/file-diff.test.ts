import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { diffOfFile } from '../../src/inspection/file-diff.ts';

const text = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const numbers = Array.from({ length: 20 }, (_, index) => `line ${String(index + 1)}`);

/** As git sees it, without lines around. */
async function hunksOf(before: string, after: string): Promise<Parameters<typeof diffOfFile>[0]['hunks']> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fw-diff-'));
  await Promise.all([writeFile(path.join(folder, 'a'), before), writeFile(path.join(folder, 'b'), after)]);
  const patch = (() => {
    try {
      return execFileSync('git', ['diff', '--no-index', '-U0', 'a', 'b'], { cwd: folder, encoding: 'utf8' });
    } catch (error) {
      return (error as { readonly stdout: string }).stdout;
    }
  })();
  return patch.split(/^(?=@@)/m).slice(1).map((hunk) => {
    const [header = '', oldStart, oldLines = '1', newStart, newLines = '1'] = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(hunk) ?? [];
    return { header, oldStart: Number(oldStart), oldLines: Number(oldLines), newStart: Number(newStart), newLines: Number(newLines), lines: hunk.split('\n').slice(1).filter((line) => /^[-+]/.test(line)) };
  });
}

test.each([
  ['in the middle and at the end', text(...numbers), text(...numbers.slice(0, 9), 'other', ...numbers.slice(10, 19), 'last')],
  ['only new lines at the start', text(...numbers), text('new', ...numbers)],
  ['only lines taken away', text(...numbers), text(...numbers.slice(0, 4), ...numbers.slice(6))],
  ['in neighbouring lines', text(...numbers), text('one', ...numbers.slice(1, 5), 'six', ...numbers.slice(6))],
])('numbers every line as both files have it: %s', async (_name, before, after) => {
  const { lines, added, removed } = diffOfFile({ file: 'f', status: 'modified', hunks: await hunksOf(before, after) }, before);
  const [old, now] = [before.split('\n'), after.split('\n')];
  for (const line of lines) {
    if (line.type === 'same' || line.type === 'removed') expect(line.text).toBe(old[line.old! - 1]);
    if (line.type === 'same' || line.type === 'added') expect(line.text).toBe(now[line.new! - 1]);
  }
  expect(added - removed).toBe(now.length - old.length);
  expect(lines.filter(({ type }) => type === 'same').length).toBeLessThanOrEqual(6 * 2);
});

test('a new file is all new lines, and what is no text has none', async () => {
  expect(diffOfFile({ file: 'f', status: 'added', hunks: await hunksOf('', 'a\nb\n') }, '').lines.map(({ type }) => type)).toEqual(['added', 'added']);
  expect(diffOfFile({ file: 'f', status: 'modified', hunks: [] }, '')).toMatchObject({ lines: [], added: 0 });
});

test('an endless line and an endless file are cut, and it is said', async () => {
  const diff = diffOfFile({ file: 'f', status: 'added', hunks: [{ header: '', oldStart: 0, oldLines: 0, newStart: 1, newLines: 5_000, lines: Array.from({ length: 5_000 }, () => `+${'x'.repeat(9_000)}`) }] }, '');
  expect(diff).toMatchObject({ added: 5_000, omitted: 2_000 });
  expect(diff.lines[0]?.text.length).toBeLessThan(2_100);
});
