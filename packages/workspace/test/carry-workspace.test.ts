import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { copyWorkspace, createWorkspace, openWorkspace, packWorkspace, unpackWorkspace } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function makeWorkspace(): Promise<{ readonly folder: string; readonly storage: string; readonly trees: readonly string[] }> {
  const folder = temporaryFolder();
  const directory = join(folder, 'project');
  mkdirSync(directory);
  writeFileSync(join(directory, 'a.txt'), 'one\n');
  const storage = join(folder, 'storage');
  const workspace = await createWorkspace({ directory, storage });
  await workspace.write('a.txt', 'two\n');
  const second = await workspace.snapshot();
  await workspace.write('sub/b.txt', 'three\n');
  const third = await workspace.snapshot();
  await workspace.close();
  return { folder, storage, trees: [workspace.base, second, third] };
}

it('a copy of a storage has base and snapshots, and outlives the first', async () => {
  const { folder, storage, trees } = await makeWorkspace();
  const to = join(folder, 'copied');
  await copyWorkspace({ from: storage, to });
  await copyWorkspace({ from: storage, to });
  rmSync(storage, { recursive: true });
  const workspace = await openWorkspace({ storage: to });
  expect(workspace.base).toBe(trees[0]);
  await workspace.restore(trees[2]!);
  expect(await workspace.read('sub/b.txt')).toBe('three\n');
  expect(await workspace.show(trees[1]!, 'a.txt')).toBe('two\n');
  await workspace.close();
  await expect(copyWorkspace({ from: storage, to: join(folder, 'again') })).rejects.toMatchObject({ code: 'FW_WORKSPACE_MISSING' });
});

it('what is packed is a workspace again elsewhere, with the snapshots that were asked for', async () => {
  const { folder, storage, trees } = await makeWorkspace();
  const packed = await packWorkspace({ storage, trees: [trees[2]!] });
  const elsewhere = join(folder, 'elsewhere');
  await unpackWorkspace({ storage: elsewhere, packed: { ...packed, pack: new Uint8Array(packed.pack) } });
  const workspace = await openWorkspace({ storage: elsewhere });
  await workspace.restore(trees[2]!);
  expect(await workspace.files(trees[2]!)).toEqual(['a.txt', 'sub/b.txt']);
  await expect(workspace.restore(trees[1]!)).rejects.toMatchObject({ code: 'FW_WORKSPACE_TREE_UNKNOWN' });
  await workspace.close();
});

it('an unknown snapshot and a damaged pack are refused, and nothing is left that opens', async () => {
  const { folder, storage, trees } = await makeWorkspace();
  await expect(packWorkspace({ storage, trees: ['f'.repeat(40)] })).rejects.toMatchObject({ code: 'FW_WORKSPACE_TREE_UNKNOWN' });
  await expect(packWorkspace({ storage, trees: ['--all'] })).rejects.toMatchObject({ code: 'FW_WORKSPACE_TREE_UNKNOWN' });
  const packed = await packWorkspace({ storage, trees });
  const elsewhere = join(folder, 'elsewhere');
  for (const wrong of [{ ...packed, pack: packed.pack.subarray(0, 100) }, { ...packed, base: 'f'.repeat(40) }, { ...packed, found: '--all' }]) {
    await expect(unpackWorkspace({ storage: elsewhere, packed: wrong })).rejects.toMatchObject({ code: 'FW_WORKSPACE_CORRUPT' });
    await expect(openWorkspace({ storage: elsewhere })).rejects.toMatchObject({ code: 'FW_WORKSPACE_MISSING' });
  }
  await unpackWorkspace({ storage: elsewhere, packed });
  await (await openWorkspace({ storage: elsewhere })).close();
});
