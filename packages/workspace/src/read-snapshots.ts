import { parseComparison } from './parse-comparison.ts';
import type { Comparison } from './parse-comparison.ts';
import { readingGit } from './reading-git.ts';
import { createSnapshots } from './snapshots.ts';
import { storageLayout } from './storage-layout.ts';
import { readRecord } from './storage-record.ts';
import { WorkspaceError } from './workspace-error.ts';

export type { Comparison, Hunk } from './parse-comparison.ts';

/** What a storage has kept, to be looked at: nothing is written, also while somebody works in it. */
export interface SnapshotReader {
  /** The tree as found. */
  readonly base: string;
  files(tree: string): Promise<readonly string[]>;
  /** Content of one file in a tree; undefined when it is not in it. @throws WorkspaceError `FW_WORKSPACE_BINARY`. */
  show(tree: string, file: string): Promise<string | undefined>;
  /** For each tree a hash of what the file is in it; undefined where it is not. */
  versions(trees: readonly string[], file: string): Promise<readonly (string | undefined)[]>;
  /** What is different, file by file, renamed files as one. */
  compare(from: string, to: string): Promise<readonly Comparison[]>;
}

/** Opens a storage that `createWorkspace` made to be read. @throws WorkspaceError `FW_WORKSPACE_MISSING`; of its methods `FW_WORKSPACE_TREE_UNKNOWN`. */
export async function readSnapshots(options: { readonly storage: string; readonly git?: string }): Promise<SnapshotReader> {
  const layout = storageLayout(options.storage);
  const record = await readRecord(layout.record);
  if (record === undefined) throw new WorkspaceError('FW_WORKSPACE_MISSING', { message: `There is no finished workspace in "${options.storage}".` });
  const git = readingGit(layout, options.git);
  const snapshots = createSnapshots({ git, root: layout.git, index: `${layout.git}/no-index`, kept: [] });
  return {
    base: record.base,
    files: (tree) => snapshots.files(tree),
    show: (tree, file) => snapshots.show(tree, file),
    async versions(trees, file) {
      await snapshots.requireTrees(...trees);
      // A name with a line end cannot be asked for in a list: every tree may have another version of it then.
      if (file.includes('\n')) return trees;
      const { stdout } = await git(['cat-file', '--batch-check=%(objectname)'], { input: trees.map((tree) => `${tree}:${file}\n`).join('') });
      return stdout.toString('utf8').split('\n').slice(0, trees.length).map((line) => (/^[0-9a-f]{40}$/.test(line) ? line : undefined));
    },
    async compare(from, to) {
      await snapshots.requireTrees(from, to);
      const shared = ['diff-tree', '-r', '-M', '--no-ext-diff', '--no-textconv', '--no-color'];
      const { stdout: raw } = await git([...shared, '-z', '--raw', '--no-abbrev', from, to]);
      const { stdout: patch } = await git([...shared, '-p', '-U0', from, to]);
      return parseComparison(raw.toString('utf8'), patch.toString('latin1'));
    },
  };
}
