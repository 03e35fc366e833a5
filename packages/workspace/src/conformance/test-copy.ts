import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { afterEach, describe, expect, it } from 'vitest';
import { pointer } from './tree-of-contract.ts';

export function testCopy(subject: () => TaskWorkspace, directory: () => string): void {
  describe('the copy', () => {
    afterEach(() => subject().restore(subject().base));

    it('has bytes as they are, whatever attributes ask for', async () => {
      expect(await subject().show(subject().base, 'big.bin')).toBe(pointer);
      await subject().write('big.bin', 'changed');
      await subject().restore(subject().base);
      expect(await readFile(join(subject().root, 'big.bin'), 'utf8')).toBe(pointer);
    });

    it('keeps links as links, also those that lead nowhere', async () => {
      expect(await readlink(join(subject().root, 'dangling'))).toBe('nowhere');
      await expect(subject().read('dangling')).rejects.toMatchObject({ code: expect.stringMatching(/^FW_WORKSPACE_(OUTSIDE|NOT_FOUND)$/) });
    });

    it('has no secrets', async () => {
      expect((await subject().run(['sh', '-c', 'cat .env; ls -A'])).output).not.toMatch(/canary|^\.env$/m);
    });

    it('has packages that commands can use, that are in no tree and cannot be written', async () => {
      expect((await subject().run(['node', '-p', 'require("dep")'])).output).toBe('dep\n');
      expect((await subject().files(subject().base)).filter((file) => file.includes('node_modules'))).toEqual([]);
      await subject().run(['sh', '-c', 'rm -rf node_modules/dep; mkdir -p node_modules/dep; echo "module.exports = 0" > node_modules/dep/index.js']);
      expect((await subject().run(['node', '-p', 'require("dep")'])).output).toBe('dep\n');
      await expect(subject().write('node_modules/dep/index.js', '')).rejects.toMatchObject({ code: 'FW_WORKSPACE_DENIED' });
    });

    it.each([
      ['removed itself', 'rm -rf "$PWD"'],
      ['took all rights away', 'chmod -R 000 .'],
      ['left what is no file', 'mkfifo pipe; mkdir -p empty/deep; mkfifo empty/pipe'],
      ['made a repository', 'git init -q .; git init -q src; echo x > src/.git/x'],
      ['made odd names', 'touch -- "-rf" " a" "new\nline" "quote\\"" "*"'],
      ['exchanged files and folders', 'rm -r src dos.txt; echo x > src; mkdir dos.txt; echo x > dos.txt/x'],
      ['put a link in the place of a folder', 'rm -r src; ln -s /etc src'],
    ])('can be stored and is restored after a command that %s', async (_what, command) => {
      await subject().run(['sh', '-c', command]);
      const tree = await subject().snapshot();
      expect((await subject().files(tree)).filter((file) => /(^|\/)\.git(\/|$)|pipe/.test(file))).toEqual([]);
      await subject().restore(subject().base);
      expect(await subject().snapshot()).toBe(subject().base);
      await subject().restore(tree);
      expect(await subject().snapshot()).toBe(tree);
    });

    it('changes nothing of the tree that it was made of', async () => {
      await subject().run(['sh', '-c', 'rm -rf -- * .[a-z]*; echo x > dos.txt']);
      expect(await readFile(join(directory(), 'dos.txt'), 'utf8')).toBe('a\r\nb\r\n');
      expect(await readFile(join(directory(), 'node_modules/dep/index.js'), 'utf8')).toContain('dep');
    });
  });
}
