import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changedLines } from '../src/changed-lines.ts';
import { patch } from './stand-ins.ts';

const listed = (text: string): object => Object.fromEntries([...changedLines(text)].map(([file, { added, removed }]) => [file, [...added.map((one) => `${one.line} ${one.text}`), ...removed.map((one) => `${one.line} -${one.text}`)]]));

describe('the changed lines of a patch', () => {
  it('carry their numbers in the newer file', () => {
    expect(listed(patch)).toEqual({ 'src/add.js': ['2 export function add(left, right) {', "3   return eval(left + '+' + right);", '4 }', '2 -export const add = (a) => a;'] });
  });

  it('are those git means, with odd names, odd content and no end of line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fw-diff-'));
    const git = (...options: string[]): string => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...options], { cwd: folder, encoding: 'utf8', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' } });
    try {
      git('init', '-q');
      await writeFile(join(folder, 'old.txt'), 'one\n-- two\nthree\n');
      await writeFile(join(folder, 'gone.txt'), 'gone\n');
      git('add', '-A');
      git('commit', '-qm', 'base');
      await writeFile(join(folder, 'old.txt'), 'one\n++ b/fake\nthree\nfour');
      await writeFile(join(folder, 'ä "q" tab\there.txt'), '@@ -1,1 +1,1 @@\n');
      await rm(join(folder, 'gone.txt'));
      git('add', '-A');
      expect(listed(git('diff', '--cached', '--no-renames'))).toEqual({ 'gone.txt': ['1 -gone'], 'old.txt': ['2 ++ b/fake', '4 four', '2 --- two'], 'ä "q" tab\there.txt': ['1 @@ -1,1 +1,1 @@'] });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('go by the newer name of a file that was renamed', () => {
    const renamed = 'diff --git a/old.js b/new.js\nsimilarity index 80%\nrename from old.js\nrename to new.js\n--- a/old.js\n+++ b/new.js\n@@ -1,2 +1,2 @@\n same\n-was\n+is\n';
    expect(listed(renamed)).toEqual({ 'new.js': ['2 is', '2 -was'] });
    expect(listed('diff --git a/old.js b/new.js\nsimilarity index 100%\nrename from old.js\nrename to new.js\n')).toEqual({});
  });

  it('are none of the text after a patch was cut', () => {
    const cut = `${patch.split('\n').slice(0, 6).join('\n')}\n[… 400 characters left out …]\n+not counted\n`;
    expect(listed(cut)).toEqual({ 'src/add.js': ['2 -export const add = (a) => a;'] });
    expect(listed('no patch at all\n+x\n')).toEqual({});
  });
});
