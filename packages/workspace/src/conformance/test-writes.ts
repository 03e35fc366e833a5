import { chmod, lstat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileWrite, TaskWorkspace } from '@fw/agents-core';
import { afterEach, describe, expect, it } from 'vitest';

export function testWrites(subject: () => TaskWorkspace): void {
  describe('writes together', () => {
    afterEach(() => subject().restore(subject().base));

    it('are made all, with executable bits', async () => {
      await subject().writeAll([
        { type: 'write', file: 'dos.txt', content: 'new' },
        { type: 'write', file: 'made/deep/file.txt', content: 'made' },
        { type: 'write', file: 'moved.sh', content: '#!/bin/sh\necho moved\n', like: 'run.sh' },
        { type: 'remove', file: 'run.sh' },
        { type: 'write', file: 'link.js', content: 'through the link' },
      ]);
      expect(await subject().read('dos.txt')).toBe('new');
      expect(await subject().read('made/deep/file.txt')).toBe('made');
      expect((await subject().run(['./moved.sh'])).output).toBe('moved\n');
      expect(await subject().read('src/sum.js')).toBe('through the link');
      expect((await lstat(join(subject().root, 'link.js'))).isSymbolicLink()).toBe(true);
      await expect(subject().read('run.sh')).rejects.toMatchObject({ code: 'FW_WORKSPACE_NOT_FOUND' });
    });

    it.each<[string, FileWrite, string]>([
      ['is outside', { type: 'write', file: '../x', content: '' }, 'FW_WORKSPACE_OUTSIDE'],
      ['leads out', { type: 'write', file: 'away/x', content: '' }, 'FW_WORKSPACE_OUTSIDE'],
      ['is not there', { type: 'remove', file: 'none' }, 'FW_WORKSPACE_NOT_FOUND'],
      ['is a folder', { type: 'write', file: 'src', content: '' }, 'FW_WORKSPACE_INVALID'],
      ['lies in a file', { type: 'write', file: 'run.sh/x', content: '' }, 'FW_WORKSPACE_INVALID'],
      ['is there twice', { type: 'write', file: './dos.txt', content: '' }, 'FW_WORKSPACE_INVALID'],
      ['is no path', { type: 'write', file: 'a\0b', content: '' }, 'FW_WORKSPACE_INVALID'],
      ['is too long', { type: 'write', file: 'x'.repeat(300), content: '' }, 'FW_WORKSPACE_INVALID'],
      ['lies in .git', { type: 'write', file: '.GIT/config', content: '' }, 'FW_WORKSPACE_DENIED'],
      ['lies in node_modules', { type: 'write', file: 'node_modules/dep/index.js', content: '' }, 'FW_WORKSPACE_DENIED'],
    ])('are none when a path %s', async (_why, wrong, code) => {
      await symlink('/tmp', join(subject().root, 'away'));
      const before = await subject().snapshot();
      await expect(subject().writeAll([{ type: 'write', file: 'dos.txt', content: 'new' }, wrong])).rejects.toMatchObject({ code });
      expect(await subject().snapshot()).toBe(before);
    });

    it('are in the next snapshot, also in one that looks at nothing else', async () => {
      await subject().snapshot();
      await subject().write('dos.txt', 'one');
      await subject().writeAll([{ type: 'remove', file: 'run.sh' }, { type: 'write', file: 'more.txt', content: 'two' }]);
      const quick = await subject().snapshot({ scan: false });
      expect(await subject().snapshot()).toBe(quick);
      await subject().run(['sh', '-c', 'echo three > more.txt']);
      expect(await subject().show(await subject().snapshot({ scan: false }), 'more.txt')).toBe('three\n');
    });

    it('keep executable what was', async () => {
      await chmod(join(subject().root, 'run.sh'), 0o755);
      await subject().write('run.sh', '#!/bin/sh\necho again\n');
      expect((await subject().run(['./run.sh'])).output).toBe('again\n');
    });
  });
}
