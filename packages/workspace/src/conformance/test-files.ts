import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { describe, expect, it } from 'vitest';

export function testFiles(subject: () => TaskWorkspace): void {
  describe('files', () => {
    it('implements version 1 of the contract', () => {
      expect(subject().specVersion).toBe(1);
    });

    it('reads text as it is, line ends included', async () => {
      expect(await subject().read('dos.txt')).toBe('a\r\nb\r\n');
      expect(await subject().read('größe – 大.txt')).toBe('one\ntwo\nthree\n');
    });

    it('writes and removes files, making folders as needed', async () => {
      await subject().write('new/deep/file.txt', 'hello');
      expect(await subject().read('new/deep/file.txt')).toBe('hello');
      await subject().remove('new/deep/file.txt');
      await expect(subject().read('new/deep/file.txt')).rejects.toMatchObject({ code: 'FW_WORKSPACE_NOT_FOUND' });
      await expect(subject().remove('new/deep/file.txt')).rejects.toMatchObject({ code: 'FW_WORKSPACE_NOT_FOUND' });
    });

    it('refuses to read bytes as text', async () => {
      await expect(subject().read('image.bin')).rejects.toMatchObject({ code: 'FW_WORKSPACE_BINARY' });
    });

    for (const path of [
      '../outside.txt',
      '/etc/passwd',
      'src/../../outside.txt',
      'C:\\Windows\\win.ini',
      '..\\outside.txt',
      '\\\\server\\share\\file',
    ]) {
      it(`refuses ${path}`, async () => {
        await expect(subject().read(path)).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
        await expect(subject().write(path, 'x')).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
        await expect(subject().remove(path)).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
      });
    }

    it('refuses what a symbolic link leads out', async () => {
      await symlink('/etc', join(subject().root, 'away'));
      await symlink('/etc/hostname', join(subject().root, 'away-file'));
      await expect(subject().read('away/hostname')).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
      await expect(subject().read('away-file')).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
      await expect(subject().write('away/made.txt', 'x')).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
      await expect(subject().write('away-file', 'x')).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
      await expect(subject().run(['true'], { cwd: 'away' })).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
      await subject().remove('away');
      await subject().remove('away-file');
    });

    it('follows a link that stays inside', async () => {
      expect(await subject().read('link.js')).toContain('sum');
    });
  });
}
