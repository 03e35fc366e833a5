import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileChange } from '@fw/agents-core';
import { createBlobReader } from './blob-reader.ts';
import { decodeText } from './decode-text.ts';
import type { Git } from './git.ts';
import { makeAccessible } from './make-accessible.ts';
import { dissolveRepositories } from './nested-repositories.ts';
import { parseChanges } from './parse-changes.ts';
import { removeTree } from './remove-tree.ts';
import { WorkspaceError } from './workspace-error.ts';

/** Trees of files kept by content, and one folder that can be stored as a tree or made equal to one. */
export interface Snapshots {
  /** Stores exactly these files, ignored ones too. */
  store(files: readonly string[]): Promise<string>;
  /** Leaves out what .gitignore names, except files of `tracked`, a tree that was stored or restored before. */
  snapshot(tracked: string): Promise<string>;
  /** The last snapshot with these files as they are now; undefined when one of them was not in it. */
  snapshotOf(files: readonly string[]): Promise<string | undefined>;
  restore(tree: string): Promise<void>;
  diff(from: string, to: string): Promise<string>;
  changes(from: string, to: string): Promise<readonly FileChange[]>;
  show(tree: string, file: string): Promise<string | undefined>;
  files(tree: string): Promise<readonly string[]>;
  has(tree: string): Promise<boolean>;
  /** Throws FW_WORKSPACE_TREE_UNKNOWN for what is none. */
  requireTrees(...trees: readonly string[]): Promise<void>;
}

/** `kept` are folders, relative to the root, that are no part of any tree and that restoring leaves alone. */
export function createSnapshots(place: {
  readonly git: Git;
  readonly root: string;
  readonly index: string;
  readonly kept: readonly string[];
}): Snapshots {
  const { git, root, index } = place;
  const seen = new Set<string>();
  const readBlob = createBlobReader(git);

  async function has(tree: string): Promise<boolean> {
    if (seen.has(tree)) return true;
    if (!/^[0-9a-f]{40}$/.test(tree)) return false;
    const there = (await git(['cat-file', '-e', `${tree}^{tree}`], { accept: [1, 128] })).exitCode === 0;
    if (there) seen.add(tree);
    return there;
  }

  async function requireTrees(...trees: readonly string[]): Promise<void> {
    for (const tree of trees) {
      if (await has(tree)) continue;
      throw new WorkspaceError('FW_WORKSPACE_TREE_UNKNOWN', {
        message: `"${tree}" is not a tree of this workspace. Use a hash that base or snapshot() gave.`,
      });
    }
  }

  /** Only one process writes to a storage, so a lock on the index is what a killed one left. */
  async function prepare(): Promise<void> {
    await mkdir(root, { recursive: true });
    const { mode } = await stat(root);
    if ((mode & 0o700) !== 0o700) await chmod(root, 0o700);
    await rm(`${index}.lock`, { force: true });
  }

  async function writeTree(): Promise<string> {
    return (await git(['write-tree'])).stdout.toString('utf8').trim();
  }

  async function addAll(): Promise<void> {
    const answer = await git(['add', '-A', '--', '.', ':(exclude,glob)**/node_modules', ':(exclude,glob)**/node_modules/**'], {
      accept: [1, 128],
    });
    if (await dissolveRepositories(root, git, answer.stderr)) return addAll();
    if (answer.exitCode !== 0)
      throw new WorkspaceError('FW_WORKSPACE_GIT', { message: `The files could not be stored: ${answer.stderr.trim().slice(-2_000)}` });
  }

  async function readTree(tree: string): Promise<void> {
    await git(['read-tree', '--reset', '-u', tree]);
    const kept = place.kept.flatMap((folder) => ['-e', `/${folder.replaceAll(/[\\*?[\]!#]/g, '\\$&')}`]);
    await git(['clean', '-ffdxq', ...kept]);
    await rm(join(root, '.git'), { recursive: true, force: true });
  }

  /** Folders without rights, or a damaged index, stand in the way once at most. */
  async function withRemedies(work: () => Promise<void>, remedies: readonly (() => Promise<unknown>)[]): Promise<void> {
    await prepare();
    try {
      await work();
    } catch (error) {
      const [remedy, ...others] = remedies;
      if (remedy === undefined || (error as WorkspaceError).code !== 'FW_WORKSPACE_GIT') throw error;
      await remedy();
      await withRemedies(work, others);
    }
  }

  const removeIndex = (): Promise<void> => rm(index, { force: true });

  async function patch(from: string, to: string, binary: boolean): Promise<Buffer> {
    const args = [
      // In a patch of bytes a name may be bytes as well.
      ...(binary ? ['-c', 'core.quotePath=true'] : []),
      'diff-tree',
      '-r',
      '-p',
      '--binary',
      '--full-index',
      '--no-renames',
      '--no-ext-diff',
      '--no-textconv',
      '--no-color',
      from,
      to,
    ];
    return (await git(args, { binary })).stdout;
  }

  return {
    has,
    requireTrees,
    async store(files) {
      await prepare();
      // Everything in one pack: a file each would take twice as long.
      await git(['-c', 'core.bigFileThreshold=1', 'update-index', '-z', '--add', '--stdin'], {
        input: files.map((file) => `${file}\0`).join(''),
      });
      return writeTree();
    },
    async snapshot(tracked) {
      await withRemedies(addAll, [
        () => makeAccessible(root, { files: true }),
        () => removeIndex().then(() => git(['read-tree', tracked])),
      ]);
      return writeTree();
    },
    async snapshotOf(files) {
      // They decide about other files.
      if (files.some((file) => file.endsWith('.gitignore'))) return undefined;
      await prepare();
      // Without --add: a new file may be one that is ignored.
      const answer = files.length === 0 ? { exitCode: 0 } : await git(['update-index', '-z', '--remove', '--stdin'], { input: files.map((file) => `${file}\0`).join(''), accept: [1, 128] });
      return answer.exitCode === 0 ? writeTree() : undefined;
    },
    async restore(tree) {
      await requireTrees(tree);
      // Git knows rights of files only, and root would not notice that a folder has none.
      await makeAccessible(root, { files: false });
      await withRemedies(() => readTree(tree), [() => makeAccessible(root, { files: true }), removeIndex, () => removeTree(root)]);
    },
    async diff(from, to) {
      await requireTrees(from, to);
      const bytes = await patch(from, to, false);
      return decodeText(bytes) ?? textPatch(bytes, await patch(from, to, true));
    },
    async changes(from, to) {
      await requireTrees(from, to);
      const { stdout: raw } = await git(['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', from, to]);
      const { stdout: hunks } = await git([
        'diff-tree',
        '-r',
        '-p',
        '-U0',
        '--no-renames',
        '--no-ext-diff',
        '--no-textconv',
        '--no-color',
        from,
        to,
      ]);
      return parseChanges(raw.toString('utf8'), hunks.toString('latin1'));
    },
    async show(tree, file) {
      await requireTrees(tree);
      const content = await readBlob(tree, file);
      if (content === undefined) return undefined;
      const text = decodeText(content);
      if (text !== undefined) return text;
      throw new WorkspaceError('FW_WORKSPACE_BINARY', { message: `"${file}" is not UTF-8 text (${content.length} bytes).` });
    },
    async files(tree) {
      await requireTrees(tree);
      return (await git(['ls-tree', '-r', '-z', '--name-only', '--full-tree', tree])).stdout
        .toString('utf8')
        .split('\0')
        .filter((file) => file !== '');
    },
  };
}

/** A file in another encoding cannot stand in a string as it is: its part is taken from the patch with all files as binary. */
function textPatch(bytes: Buffer, binary: Buffer): string {
  const replacements = sections(binary);
  return sections(bytes)
    .map((section, index) => decodeText(section) ?? (replacements[index] as Buffer).toString('utf8'))
    .join('');
}

function sections(patch: Buffer): readonly Buffer[] {
  return patch
    .toString('latin1')
    .split(/(?<=\n)(?=diff --git )/)
    .map((section) => Buffer.from(section, 'latin1'));
}
