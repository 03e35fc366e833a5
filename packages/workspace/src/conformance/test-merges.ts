import type { MergeConflict, TaskWorkspace } from '@fw/agents-core';
import { afterEach, describe, expect, it } from 'vitest';

type Change = { readonly [file: string]: string | null };

export function testMerges(subject: () => TaskWorkspace): void {
  describe('branches', () => {
    afterEach(() => subject().restore(subject().base));

    async function branch(change: Change): Promise<string> {
      const copy = await subject().checkout(subject().base);
      try {
        for (const [file, content] of Object.entries(change)) await (content === null ? copy.remove(file) : copy.write(file, content));
        return await copy.snapshot();
      } finally {
        await copy.close();
      }
    }
    async function merge(ours: Change, theirs: Change): ReturnType<TaskWorkspace['merge']> {
      const [one, other] = await Promise.all([branch(ours), branch(theirs)]);
      return subject().merge({ base: subject().base, ours: one, theirs: other });
    }

    it('become one tree where they agree, and no file is touched', async () => {
      const result = await merge({ 'dos.txt': 'ours', 'new/ours.txt': '1', 'same.txt': 'x' }, { 'src/sum.js': 'theirs', 'run.sh': null, 'same.txt': 'x' });
      if (result.status !== 'merged') throw new Error(JSON.stringify(result));
      expect(await subject().snapshot()).toBe(subject().base);
      await subject().restore(result.tree);
      expect([await subject().read('dos.txt'), await subject().read('src/sum.js')]).toEqual(['ours', 'theirs']);
      expect(await subject().files(result.tree)).toEqual(expect.arrayContaining(['new/ours.txt', 'same.txt']));
      expect(await subject().files(result.tree)).not.toContain('run.sh');
    });

    it.each<[MergeConflict['type'], Change, Change, string]>([
      ['both-edited', { 'größe – 大.txt': 'one\nours\nthree\n' }, { 'größe – 大.txt': 'one\ntheirs\nthree\n' }, 'größe – 大.txt'],
      ['deleted-and-edited', { 'dos.txt': null }, { 'dos.txt': 'other' }, 'dos.txt'],
      ['both-added', { 'new.txt': 'one\n' }, { 'new.txt': 'two\n' }, 'new.txt'],
      ['file-folder', { new: 'a file' }, { 'new/file': 'in a folder' }, 'new'],
    ])('that do not agree are a conflict: %s', async (type, ours, theirs, file) => {
      const result = await merge(ours, theirs);
      if (result.status !== 'conflicted') throw new Error('It was merged.');
      expect(result.conflicts.map((conflict) => conflict.type)).toEqual([type]);
      expect(result.conflicts[0]?.files).toContain(file);
      if (type === 'both-edited') expect(result.conflicts[0]?.hunks).toEqual([{ line: 2, base: 'two\n', ours: 'ours\n', theirs: 'theirs\n' }]);
      expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    });

    it('of a tree that is not there are refused', async () => {
      const { base } = subject();
      await expect(subject().merge({ base, ours: base, theirs: '0'.repeat(40) })).rejects.toMatchObject({ code: 'FW_WORKSPACE_TREE_UNKNOWN' });
    });
  });
}
