import { mkdir, writeFile } from 'node:fs/promises';
import { initializeGitDirectory } from './git.ts';
import { readingGit } from './reading-git.ts';
import { removeTree } from './remove-tree.ts';
import { whileBuilding } from './storage-owner.ts';
import { storageLayout } from './storage-layout.ts';
import { readRecord, writeRecord } from './storage-record.ts';
import { WorkspaceError } from './workspace-error.ts';

/** A workspace's base and some of its snapshots, for another machine. */
export interface PackedWorkspace {
  readonly base: string;
  /** The tree as found. */
  readonly found: string;
  /** In git's pack format. */
  readonly pack: Uint8Array;
}

/**
 * Packs the base and these snapshots of a storage, which may be in use.
 * @throws WorkspaceError `FW_WORKSPACE_MISSING`, `FW_WORKSPACE_TREE_UNKNOWN`; `FW_WORKSPACE_TOO_LARGE` over 256 MiB.
 */
export async function packWorkspace(options: { readonly storage: string; readonly trees: readonly string[]; readonly git?: string }): Promise<PackedWorkspace> {
  const layout = storageLayout(options.storage);
  const record = await readRecord(layout.record);
  if (record === undefined) throw new WorkspaceError('FW_WORKSPACE_MISSING', { message: `There is no finished workspace in "${options.storage}".` });
  const git = readingGit(layout, options.git);
  const trees = [...new Set([record.base, record.found, ...options.trees])];
  for (const tree of trees) {
    const known = /^[0-9a-f]{40}$/.test(tree) && (await git(['cat-file', '-e', `${tree}^{tree}`], { accept: [1, 128] })).exitCode === 0;
    if (!known) throw new WorkspaceError('FW_WORKSPACE_TREE_UNKNOWN', { message: `No snapshot in "${options.storage}" has the tree "${tree}".` });
  }
  const { stdout: objects } = await git(['rev-list', '--objects', '--no-object-names', '--stdin'], { input: `${trees.join('\n')}\n` });
  const { stdout: pack } = await git(['pack-objects', '--stdout', '-q'], { input: objects });
  return { base: record.base, found: record.found, pack };
}

/**
 * Makes a storage of what was packed; `openWorkspace` opens it. Its `node_modules` are not there: nothing outside of the
 * packed files is known. Does nothing when `storage` is a finished workspace already.
 * @throws WorkspaceError `FW_WORKSPACE_CORRUPT` when the pack is damaged or lacks the base.
 */
export async function unpackWorkspace(options: { readonly storage: string; readonly packed: PackedWorkspace; readonly git?: string }): Promise<void> {
  const { packed } = options;
  const layout = storageLayout(options.storage);
  await mkdir(layout.storage, { recursive: true, mode: 0o711 });
  await whileBuilding(layout.storage, async () => {
    if ((await readRecord(layout.record)) !== undefined) return;
    await writeFile(layout.claim, '');
    await removeTree(layout.git);
    await initializeGitDirectory(layout.git);
    const git = readingGit(layout, options.git);
    try {
      await git(['index-pack', '--stdin'], { input: Buffer.from(packed.pack) });
      for (const tree of [packed.base, packed.found]) await git(['rev-list', '--objects', '--quiet', requireHash(tree)]);
    } catch (error) {
      await removeTree(layout.git);
      throw new WorkspaceError('FW_WORKSPACE_CORRUPT', { message: `What was packed cannot be unpacked into "${options.storage}": ${(error as Error).message}`, cause: error });
    }
    await writeRecord(layout.record, { specVersion: 1, directory: layout.copy, revision: null, base: packed.base, found: packed.found, modules: [], project: layout.copy, prefix: '', around: [], packages: [] });
  });
}

function requireHash(tree: string): string {
  if (/^[0-9a-f]{40}$/.test(tree)) return tree;
  throw new WorkspaceError('FW_WORKSPACE_TREE_UNKNOWN', { message: `"${tree}" is no hash of a tree.` });
}
