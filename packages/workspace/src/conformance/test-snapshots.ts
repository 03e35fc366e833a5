import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { afterEach, describe, expect, it } from 'vitest';
import { filesOfContract } from './tree-of-contract.ts';

export function testSnapshots(subject: () => TaskWorkspace, directory: () => string): void {
  describe('snapshots', () => {
    afterEach(() => subject().restore(subject().base));

    it('starts at its base', async () => {
      expect(await subject().snapshot()).toBe(subject().base);
      expect(await subject().files(subject().base)).toEqual([...filesOfContract].sort());
    });

    it('gives equal files equal hashes, and other files other ones', async () => {
      await subject().write('a.txt', '1');
      const one = await subject().snapshot();
      await subject().write('a.txt', '2');
      const two = await subject().snapshot();
      await subject().write('a.txt', '1');
      expect(await subject().snapshot()).toBe(one);
      expect(two).not.toBe(one);
    });

    it('restores content, deletions, executable bits and links exactly', async () => {
      const root = subject().root;
      await subject().write('src/sum.js', 'changed');
      await subject().remove('größe – 大.txt');
      await chmod(join(root, 'run.sh'), 0o644);
      await subject().remove('link.js');
      await symlink('dos.txt', join(root, 'link.js'));
      const changed = await subject().snapshot();
      await subject().write('extra/one.txt', 'x');
      await subject().restore(subject().base);
      expect(await readFile(join(root, 'src', 'sum.js'), 'utf8')).toBe('export const sum = (a, b) => a + b;\n');
      expect((await lstat(join(root, 'run.sh'))).mode & 0o111).not.toBe(0);
      expect(await readlink(join(root, 'link.js'))).toBe('src/sum.js');
      expect([...(await readFile(join(root, 'image.bin')))]).toEqual([0, 255, 1, 254, 13, 10]);
      await expect(lstat(join(root, 'extra'))).rejects.toThrow();
      expect(await subject().snapshot()).toBe(subject().base);
      await subject().restore(changed);
      expect(await readlink(join(root, 'link.js'))).toBe('dos.txt');
      expect((await lstat(join(root, 'run.sh'))).mode & 0o111).toBe(0);
      await expect(lstat(join(root, 'größe – 大.txt'))).rejects.toThrow();
      expect(await subject().snapshot()).toBe(changed);
    });

    it('leaves ignored files out of trees and removes them on restore', async () => {
      await subject().write('dist/out.js', 'x');
      expect(await subject().snapshot()).toBe(subject().base);
      await subject().restore(subject().base);
      await expect(subject().read('dist/out.js')).rejects.toMatchObject({ code: 'FW_WORKSPACE_NOT_FOUND' });
    });

    it('names changed files with their new lines', async () => {
      await subject().write('größe – 大.txt', 'one\n2\nthree\nfour\n');
      await subject().write('src/new.js', 'a\nb\n');
      await subject().remove('dos.txt');
      await writeFile(join(subject().root, 'image.bin'), Buffer.from([0, 1]));
      const tree = await subject().snapshot();
      const changes = [...(await subject().changes(subject().base, tree))].sort((a, b) => (a.file < b.file ? -1 : 1));
      expect(changes).toEqual([
        { file: 'dos.txt', status: 'deleted', lines: [] },
        { file: 'größe – 大.txt', status: 'modified', lines: [2, 4] },
        { file: 'image.bin', status: 'modified', lines: [] },
        { file: 'src/new.js', status: 'added', lines: [1, 2] },
      ]);
      expect(await subject().changes(tree, tree)).toEqual([]);
    });

    it('gives a patch that git applies to the tree as found', async () => {
      const root = subject().root;
      await subject().write('größe – 大.txt', 'one\n2\nthree\n');
      await subject().write('dos.txt', 'a\r\nc\r\n');
      await subject().write('with space/ü.txt', 'no line end');
      await writeFile(join(root, 'image.bin'), Buffer.from([0, 9, 9]));
      await writeFile(join(root, 'latin1.txt'), Buffer.from([0x66, 0xfc, 0x72, 0x0a]));
      await chmod(join(root, 'run.sh'), 0o644);
      await subject().remove('link.js');
      const tree = await subject().snapshot();
      const folder = await mkdtemp(join(tmpdir(), 'patched '));
      try {
        execFileSync('cp', ['-a', `${directory()}/.`, folder]);
        execFileSync('git', ['apply', '-'], {
          cwd: folder,
          input: await subject().diff(subject().base, tree),
          stdio: ['pipe', 'pipe', 'pipe'],
          env: { PATH: process.env.PATH, GIT_CEILING_DIRECTORIES: tmpdir() },
        });
        expect(await readFile(join(folder, 'größe – 大.txt'), 'utf8')).toBe('one\n2\nthree\n');
        expect(await readFile(join(folder, 'dos.txt'), 'utf8')).toBe('a\r\nc\r\n');
        expect(await readFile(join(folder, 'with space', 'ü.txt'), 'utf8')).toBe('no line end');
        expect([...(await readFile(join(folder, 'image.bin')))]).toEqual([0, 9, 9]);
        expect([...(await readFile(join(folder, 'latin1.txt')))]).toEqual([0x66, 0xfc, 0x72, 0x0a]);
        expect((await lstat(join(folder, 'run.sh'))).mode & 0o111).toBe(0);
        await expect(lstat(join(folder, 'link.js'))).rejects.toThrow();
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      expect(await subject().diff(tree, tree)).toBe('');
    });

    it('shows files of any tree', async () => {
      await subject().write('src/sum.js', 'changed');
      const tree = await subject().snapshot();
      expect(await subject().show(tree, 'src/sum.js')).toBe('changed');
      expect(await subject().show(subject().base, 'src/sum.js')).toContain('a + b');
      expect(await subject().show(subject().base, 'missing.js')).toBeUndefined();
      expect(await subject().show(subject().base, 'src')).toBeUndefined();
    });

    it('shows many files at once as one by one', async () => {
      const odd = process.platform === 'win32' ? 'odd name.txt' : 'odd\nname.txt';
      await subject().write(odd, 'odd');
      const tree = await subject().snapshot();
      const all = [...(await subject().files(tree)), 'missing.js', 'src', odd];
      const names = Array.from({ length: 150 }, (_, index) => all[index % all.length]!);
      const show = (file: string): Promise<string | undefined> => subject().show(tree, file).catch((error: { code: string }) => error.code);
      const one = new Map<string, string | undefined>();
      for (const file of all) one.set(file, await show(file));
      expect(one.get(odd)).toBe('odd');
      expect(await Promise.all(names.map(show))).toEqual(names.map((file) => one.get(file)));
    });

    it('refuses trees that it does not have', async () => {
      for (const tree of ['0'.repeat(40), 'main', '--help', '']) {
        await expect(subject().restore(tree)).rejects.toMatchObject({ code: 'FW_WORKSPACE_TREE_UNKNOWN' });
        await expect(subject().diff(subject().base, tree)).rejects.toMatchObject({ code: 'FW_WORKSPACE_TREE_UNKNOWN' });
        await expect(subject().show(tree, 'src/sum.js')).rejects.toMatchObject({ code: 'FW_WORKSPACE_TREE_UNKNOWN' });
      }
    });

    it('makes a second copy that changes nothing of the first', async () => {
      await subject().write('src/sum.js', 'changed');
      const tree = await subject().snapshot();
      const second = await subject().checkout(subject().base);
      try {
        expect(await second.read('src/sum.js')).toContain('a + b');
        await second.write('src/sum.js', 'other');
        const other = await second.snapshot();
        expect(await subject().show(other, 'src/sum.js')).toBe('other');
        expect(await subject().snapshot()).toBe(tree);
        expect((await second.run(['cat', 'src/sum.js'])).output).toBe('other');
      } finally {
        await second.close();
      }
      await expect(lstat(second.root)).rejects.toThrow();
    });

    it('does one thing after the other when asked for many at once', async () => {
      const trees = await Promise.all(
        [1, 2, 3].map(async (number) => {
          await subject().write(`file-${number}.txt`, String(number));
          return subject().snapshot();
        }),
      );
      const files = await subject().files(trees.at(-1) as string);
      expect(files).toEqual(expect.arrayContaining(['file-1.txt', 'file-2.txt', 'file-3.txt']));
    });
  });
}
