import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MergeConflict, MergeResult, TaskWorkspace } from '@fw/agents-core';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWorkspace, openWorkspace } from '../src/index.ts';
import { runAndKill } from './run-and-kill.ts';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

type Files = { readonly [file: string]: string | Buffer | ((path: string) => void) | null };

async function workspaceOf(files: { readonly [file: string]: string }): Promise<TaskWorkspace> {
  const directory = temporaryFolder();
  writeFiles(directory, files);
  const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
  onTestFinished(() => workspace.close());
  return workspace;
}

/** The tree of a branch: a copy of the base in which some files are changed; null removes one. */
async function branch(workspace: TaskWorkspace, files: Files): Promise<string> {
  const copy = await workspace.checkout(workspace.base);
  for (const [file, content] of Object.entries(files)) {
    const path = join(copy.root, file);
    if (typeof content === 'function') content(path);
    else if (content === null) rmSync(path, { recursive: true });
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
  }
  const tree = await copy.snapshot();
  await copy.close();
  return tree;
}

async function merged(base: { readonly [file: string]: string }, ours: Files, theirs: Files): Promise<{ readonly workspace: TaskWorkspace; readonly result: MergeResult }> {
  const workspace = await workspaceOf(base);
  const result = await workspace.merge({ base: workspace.base, ours: await branch(workspace, ours), theirs: await branch(workspace, theirs) });
  expect(await workspace.snapshot()).toBe(workspace.base);
  return { workspace, result };
}

async function conflicts(base: { readonly [file: string]: string }, ours: Files, theirs: Files): Promise<readonly MergeConflict[]> {
  const { result } = await merged(base, ours, theirs);
  return result.status === 'conflicted' ? result.conflicts : [];
}

const lines = (...changed: readonly (readonly [number, string])[]): string =>
  Array.from({ length: 20 }, (_, index) => `${changed.find(([line]) => line === index + 1)?.[1] ?? `line ${index + 1}`}\n`).join('');

describe('branches', () => {
  it('that changed other files, or other lines of one, become one tree', async () => {
    const { workspace, result } = await merged(
      { 'a.txt': lines(), 'b.txt': '1', 'c.txt': '1' },
      { 'a.txt': lines([2, 'ours']), 'new/x.txt': 'x', 'c.txt': null },
      { 'a.txt': lines([15, 'theirs']), 'b.txt': '2', 'd.txt': 'same' },
    );
    if (result.status !== 'merged') throw new Error(JSON.stringify(result));
    expect(await workspace.files(result.tree)).toEqual(['a.txt', 'b.txt', 'd.txt', 'new/x.txt']);
    expect(await workspace.show(result.tree, 'a.txt')).toBe(lines([2, 'ours'], [15, 'theirs']));
    await workspace.restore(result.tree);
    expect(await workspace.read('b.txt')).toBe('2');
    expect(await workspace.snapshot()).toBe(result.tree);
  });

  it('that renamed a file, and edited it, become the edited file under its new name', async () => {
    const { workspace, result } = await merged(
      { 'a.txt': lines() },
      { 'a.txt': (path) => renameSync(path, join(dirname(path), 'b.txt')) },
      { 'a.txt': lines([15, 'theirs']) },
    );
    if (result.status !== 'merged') throw new Error(JSON.stringify(result));
    expect(await workspace.files(result.tree)).toEqual(['b.txt']);
    expect(await workspace.show(result.tree, 'b.txt')).toBe(lines([15, 'theirs']));
  });

  it('that did the same agree', async () => {
    const change = { 'a.txt': 'x', 'b.txt': null, 'c.txt': 'new' };
    expect((await merged({ 'a.txt': '1', 'b.txt': '1' }, change, change)).result.status).toBe('merged');
  });
});

describe('a conflict', () => {
  it('names the lines that both edited, and only those', async () => {
    const found = await conflicts({ 'ü a.txt': lines() }, { 'ü a.txt': lines([2, 'ours'], [10, 'mine']) }, { 'ü a.txt': lines([10, 'yours'], [18, 'theirs']) });
    expect(found).toMatchObject([{ type: 'both-edited', files: ['ü a.txt'], hunks: [{ line: 10, base: 'line 10\n', ours: 'mine\n', theirs: 'yours\n' }] }]);
  });

  it('is not misled by text that looks like its marks', async () => {
    const marks = `${'<'.repeat(7)} HEAD\n${'='.repeat(7)}\n${'>'.repeat(7)} x\n`;
    const [found] = await conflicts({ 'a.txt': `${marks}1\n${marks}` }, { 'a.txt': `${marks}2\n${marks}` }, { 'a.txt': `${marks}3\n${marks}` });
    expect(found?.hunks).toEqual([{ line: 4, base: '1\n', ours: '2\n', theirs: '3\n' }]);
  });

  it.each<[MergeConflict['type'], string, { readonly [file: string]: string }, Files, Files, readonly string[]]>([
    ['deleted-and-edited', 'ours deleted', { a: lines() }, { a: null }, { a: 'other' }, ['a']],
    ['deleted-and-edited', 'theirs deleted', { a: lines() }, { a: 'other' }, { a: null }, ['a']],
    ['both-added', 'new files', { z: '' }, { a: 'one\n' }, { a: 'two\n' }, ['a']],
    ['binary', 'bytes', { a: 'x' }, { a: Buffer.from([0, 1]) }, { a: Buffer.from([0, 2]) }, ['a']],
    ['rename', 'to two names', { a: lines() }, { a: (path) => renameSync(path, `${path}1`) }, { a: (path) => renameSync(path, `${path}2`) }, ['a', 'a1', 'a2']],
    ['rename', 'and deleted', { a: lines() }, { a: (path) => renameSync(path, `${path}1`) }, { a: null }, ['a', 'a1']],
    ['file-folder', 'a file and a folder', { z: '' }, { a: 'file' }, { 'a/b': 'in a folder' }, ['a']],
    ['mode', 'a link and a file', { z: '' }, { a: (path) => symlinkSync('z', path) }, { a: 'file' }, ['a']],
    ['mode', 'executable or not', { z: '' }, { a: 'same' }, { a: (path) => { writeFileSync(path, 'same'); chmodSync(path, 0o755); } }, ['a']],
  ])('is of type %s: %s', async (type, _what, base, ours, theirs, files) => {
    const found = await conflicts(base, ours, theirs);
    expect(found.map((conflict) => conflict.type)).toEqual([type]);
    expect(found[0]?.files).toEqual(expect.arrayContaining([...files]));
    expect(found[0]?.message).not.toBe('');
  });

  it('is one for each file', async () => {
    const found = await conflicts({ a: '1', b: '1', c: '1' }, { a: '2', b: null, c: '2' }, { a: '3', b: '3', c: '2' });
    expect(found.map(({ type, files }) => `${type} ${files.join()}`)).toEqual(['both-edited a', 'deleted-and-edited b']);
  });
});

it('refuses trees that it does not have', async () => {
  const workspace = await workspaceOf({ a: '1' });
  await expect(workspace.merge({ base: workspace.base, ours: workspace.base, theirs: '0'.repeat(40) })).rejects.toMatchObject({ code: 'FW_WORKSPACE_TREE_UNKNOWN' });
});

it('for any files: nothing is lost, the sides are equal, and a side without changes gives the other', async () => {
  const workspace = await workspaceOf({ a: lines(), b: '1\n', c: '1\n' });
  const content = fc.option(fc.constantFrom('1\n', '2\n', '3\n'), { nil: null });
  const change = fc.dictionary(fc.constantFrom('b', 'c', 'd', 'e/f'), content, { maxKeys: 3 });
  const treeOf = (files: Files): Promise<string> => branch(workspace, Object.fromEntries(Object.entries(files).filter(([file, text]) => text !== null || ['b', 'c'].includes(file))));
  await fc.assert(
    fc.asyncProperty(change, change, async (first, second) => {
      const { base } = workspace;
      const [ours, theirs] = [await treeOf(first), await treeOf(second)];
      expect(await workspace.merge({ base, ours, theirs: base })).toEqual({ status: 'merged', tree: ours });
      const [one, other] = [await workspace.merge({ base, ours, theirs }), await workspace.merge({ base, ours: theirs, theirs: ours })];
      expect(one.status).toBe(other.status);
      if (one.status === 'merged') expect(one).toEqual(other);
    }),
    { numRuns: 12 },
  );
});

it('several writers work side by side, and a kill in the middle of their merge leaves the last tree', async () => {
  const directory = temporaryFolder();
  const storage = join(temporaryFolder(), 'storage');
  writeFiles(directory, Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`f${index}.txt`, lines()])));
  const { base } = await createWorkspace({ directory, storage, sandbox: 'off' });
  for (const delayMs of [1, 10, 25, 60]) {
    const said = await runAndKill(
      `
      const workspace = await openWorkspace({ storage: ${JSON.stringify(storage)}, sandbox: 'off' });
      let tree = workspace.base;
      await workspace.restore(tree);
      for (let round = 0; ; round++) {
        const trees = await Promise.all([0, 1, 2].map(async (writer) => {
          const copy = await workspace.checkout(tree);
          for (let file = 0; file < 60; file += 3) await copy.write('f' + (file + writer) + '.txt', 'round ' + round);
          const made = await copy.snapshot();
          await copy.close();
          return made;
        }));
        let joined = tree;
        for (const made of trees) joined = (await workspace.merge({ base: tree, ours: joined, theirs: made })).tree;
        console.log('merged');
        await workspace.restore(joined);
        tree = await workspace.snapshot();
        console.log(tree === joined ? tree : 'wrong');
      }`,
      3,
      delayMs,
    );
    expect(said).not.toContain('wrong');
    const tree = said.filter((line) => line !== 'merged').at(-1) ?? base;
    const workspace = await openWorkspace({ storage, sandbox: 'off' });
    await workspace.restore(tree);
    rmSync(join(storage, 'git', 'index'), { force: true });
    expect(await workspace.snapshot()).toBe(tree);
    const contents = await Promise.all(Array.from({ length: 60 }, (_, index) => workspace.read(`f${index}.txt`)));
    expect(new Set(contents).size).toBe(1);
    expect(readdirSync(join(storage, 'checkouts'))).toEqual([]);
  }
});
