import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWorkspace, readSnapshots } from '../src/index.ts';
import { parseComparison } from '../src/parse-comparison.ts';
import { fingerprint, temporaryFolder, writeFiles } from './temporary-folder.ts';

describe('readSnapshots', () => {
  it('reads what another one keeps, and writes nothing', async () => {
    const directory = temporaryFolder();
    const many = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join('');
    writeFiles(directory, { 'a.txt': 'one\ntwo\nthree\n', 'old ü.txt': many, 'gone.txt': 'x\n', 'a:b.txt': '1\n' });
    const storage = join(temporaryFolder(), 'storage');
    const workspace = await createWorkspace({ directory, storage, sandbox: 'off' });
    onTestFinished(() => workspace.close());
    await workspace.write('a.txt', 'one\n2\n2b\nthree\nfour');
    const first = await workspace.snapshot();
    await workspace.write('new ü.txt', many.replace('line 7', 'line seven'));
    await workspace.remove('old ü.txt');
    await workspace.remove('gone.txt');
    await workspace.write('bytes.bin', 'a\u0000b');
    const second = await workspace.snapshot();
    const before = fingerprint(storage);

    const snapshots = await readSnapshots({ storage });
    expect(snapshots.base).toBe(workspace.base);
    expect(await snapshots.files(first)).toEqual(['a.txt', 'a:b.txt', 'gone.txt', 'old ü.txt']);
    expect(await snapshots.show(first, 'a.txt')).toBe('one\n2\n2b\nthree\nfour');
    expect(await snapshots.show(first, 'nothing.txt')).toBeUndefined();
    expect(await snapshots.compare(workspace.base, first)).toEqual([
      { file: 'a.txt', status: 'modified', hunks: [{ header: '@@ -2 +2,2 @@', oldStart: 2, oldLines: 1, newStart: 2, newLines: 2, lines: ['-two', '+2', '+2b'] }, { header: '@@ -3,0 +5 @@', oldStart: 3, oldLines: 0, newStart: 5, newLines: 1, lines: ['+four', '\\ No newline at end of file'] }] },
    ]);
    expect(await snapshots.compare(first, second)).toMatchObject([
      { file: 'bytes.bin', status: 'added', hunks: [] },
      { file: 'gone.txt', status: 'deleted', hunks: [{ newLines: 0, lines: ['-x'] }] },
      { file: 'new ü.txt', from: 'old ü.txt', status: 'renamed', hunks: [{ header: '@@ -8 +8 @@', lines: ['-line 7', '+line seven'] }] },
    ]);
    const [one, two, three] = await snapshots.versions([workspace.base, first, second], 'a:b.txt');
    expect([one, two, three]).toEqual([one, one, one]);
    expect((await snapshots.versions([workspace.base, first, second], 'gone.txt')).map((version) => version !== undefined)).toEqual([true, true, false]);
    await expect(snapshots.compare(first, 'f'.repeat(40))).rejects.toMatchObject({ code: 'FW_WORKSPACE_TREE_UNKNOWN' });
    await expect(readSnapshots({ storage: temporaryFolder() })).rejects.toMatchObject({ code: 'FW_WORKSPACE_MISSING' });
    expect(fingerprint(storage)).toEqual(before);
  });

  it('reads a file that became a link as one, and lines with carriage returns as they are', () => {
    const raw = ':100644 120000 1 2 T\0a\0:100644 100644 1 2 M\0b\0';
    const patch = 'diff --git a/a b/a\ndeleted file mode 100644\n@@ -1 +0,0 @@\n-x\ndiff --git a/a b/a\nnew file mode 120000\n@@ -0,0 +1 @@\n+b\n\\ No newline at end of file\ndiff --git a/b b/b\n@@ -1 +1 @@\n-p\rdiff --git q\n+\xc3\xbc\r\n';
    expect(parseComparison(raw, patch)).toMatchObject([{ file: 'a', status: 'modified', hunks: [{ lines: ['+b', '\\ No newline at end of file'] }] }, { file: 'b', hunks: [{ lines: ['-p\rdiff --git q', '+ü\r'] }] }]);
  });
});
