import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyPatch, fingerprintTree } from '../src/apply-patch.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
const patch = 'diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\ndiff --git a/dir/new.txt b/dir/new.txt\nnew file mode 100644\n--- /dev/null\n+++ b/dir/new.txt\n@@ -0,0 +1 @@\n+new\n';

async function makeTree(place: string): Promise<{ readonly tree: string; readonly file: string }> {
  const tree = path.join(folder(), place);
  await mkdir(tree, { recursive: true });
  await writeFile(path.join(tree, 'a.txt'), 'one\n');
  const file = path.join(folder(), 'change.patch');
  await writeFile(file, patch);
  return { tree, file };
}

describe('applyPatch', () => {
  it.each(['plain', 'repository', 'repository/packages/größe x'])('applies to the folder %s', async (place) => {
    if (place.startsWith('repository')) {
      await mkdir(path.join(folder(), 'repository'));
      execFileSync('git', ['init', '-q', path.join(folder(), 'repository')]);
    }
    const { tree, file } = await makeTree(place);
    await applyPatch(file, tree, await fingerprintTree(tree));
    expect(await readFile(path.join(tree, 'a.txt'), 'utf8')).toBe('two\n');
    expect(await readFile(path.join(tree, 'dir/new.txt'), 'utf8')).toBe('new\n');
  });

  it('refuses a folder that has changed since, wherever', async () => {
    const { tree, file } = await makeTree('plain');
    const fingerprint = await fingerprintTree(tree);
    await writeFile(path.join(tree, 'unrelated.txt'), '');
    await expect(applyPatch(file, tree, fingerprint)).rejects.toMatchObject({ code: 'FW_APPLY_REFUSED' });
    expect(await readFile(path.join(tree, 'a.txt'), 'utf8')).toBe('one\n');
  });

  it('applies all or nothing', async () => {
    const { tree, file } = await makeTree('plain');
    await mkdir(path.join(tree, 'dir'));
    await writeFile(path.join(tree, 'dir/new.txt'), 'is there already\n');
    await expect(applyPatch(file, tree, await fingerprintTree(tree))).rejects.toMatchObject({ code: 'FW_APPLY_REFUSED' });
    expect(await readFile(path.join(tree, 'a.txt'), 'utf8')).toBe('one\n');
  });
});
