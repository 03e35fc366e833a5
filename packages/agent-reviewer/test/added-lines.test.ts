import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addedLines } from '../src/added-lines.ts';
import { patch } from './stand-ins.ts';

const listed = (text: string): object => Object.fromEntries([...addedLines(text)].map(([file, lines]) => [file, lines.map(({ line, text: added }) => `${line} ${added}`)]));

describe('the added lines of a patch', () => {
  it('carry their numbers in the newer file', () => {
    expect(listed(patch)).toEqual({ 'src/add.js': ['2 export function add(left, right) {', "3   return eval(left + '+' + right);", '4 }'] });
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
      expect(listed(git('diff', '--cached', '--no-renames'))).toEqual({ 'old.txt': ['2 ++ b/fake', '4 four'], 'ä "q" tab\there.txt': ['1 @@ -1,1 +1,1 @@'] });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are none of the text after a patch was cut', () => {
    const cut = `${patch.split('\n').slice(0, 6).join('\n')}\n[… 400 characters left out …]\n+not counted\n`;
    expect(listed(cut)).toEqual({ 'src/add.js': [] });
    expect(listed('no patch at all\n+x\n')).toEqual({});
  });
});
