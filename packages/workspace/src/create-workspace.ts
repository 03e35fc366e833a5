import { mkdir, readdir, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { copyTree, measureTree, requireSize } from './copy-tree.ts';
import { createGit, initializeGitDirectory } from './git.ts';
import { findModules } from './linked-modules.ts';
import { listTree } from './list-tree.ts';
import { giveToNobody } from './nobody.ts';
import { openStorage } from './open-storage.ts';
import { chooseContainment, type Containment, type SandboxChoice } from './sandbox.ts';
import { readRevision, storeRevision } from './revision.ts';
import { removeTree } from './remove-tree.ts';
import { createSnapshots } from './snapshots.ts';
import { type StorageLayout, storageLayout } from './storage-layout.ts';
import { whileBuilding } from './storage-owner.ts';
import { readRecord, type StorageRecord, writeRecord } from './storage-record.ts';
import { copySurroundings, findSurroundings } from './surroundings.ts';
import { userRepository } from './user-repository.ts';
import { WorkspaceError } from './workspace-error.ts';
import { isInside } from './workspace-path.ts';

export interface WorkspaceOptions {
  /** The user's tree. It is only read. */
  readonly directory: string;
  /** A folder that is ours alone, outside of `directory`; made when it is missing. */
  readonly storage: string;
  /** A revision of the user's git repository that is the base; the files are as found all the same. Default: the base is the tree as found. */
  readonly revision?: string;
  /** Paths or globs of secret or ignored files that are to be copied all the same. */
  readonly include?: readonly string[];
  /** Default 100,000. */
  readonly maxFiles?: number;
  /** Default 2 GiB. */
  readonly maxBytes?: number;
  /** The git program; default `git`. */
  readonly git?: string;
  /** Default `preferred`. */
  readonly sandbox?: SandboxChoice;
}

/**
 * Copies a tree and keeps it as the base of all changes. On a storage that holds a finished workspace of the same
 * tree this opens it; one that was killed while it was being made is made anew. Throws WorkspaceError before anything
 * is copied when the tree is missing, no folder, unreadable or too large, or when a required sandbox or the revision is
 * missing.
 */
export async function createWorkspace(options: WorkspaceOptions): Promise<TaskWorkspace> {
  const directory = await requireFolder(options.directory);
  const containment = await chooseContainment(options.sandbox ?? 'preferred');
  const layout = storageLayout(await claimStorage(options.storage, directory));
  const record = await whileBuilding(layout.storage, async () => {
    const known = await readRecord(layout.record);
    if (known === undefined) return build(directory, layout, options, containment);
    requireSame(known, { directory, revision: options.revision ?? null, storage: layout.storage });
    return known;
  });
  return openStorage(layout, record, { git: options.git ?? 'git', containment });
}

function requireSame(record: StorageRecord, asked: Pick<StorageRecord, 'directory' | 'revision'> & { readonly storage: string }): void {
  const is = (found: string, wanted: string): WorkspaceError =>
    new WorkspaceError('FW_WORKSPACE_STORAGE', { message: `"${asked.storage}" holds a workspace ${found}, not ${wanted}. Name another storage folder.` });
  if (record.directory !== asked.directory) throw is(`of "${record.directory}"`, `of "${asked.directory}"`);
  if (record.revision !== asked.revision) throw is(`whose base is ${revisionName(record.revision)}`, revisionName(asked.revision));
}

async function build(
  directory: string,
  layout: StorageLayout,
  options: WorkspaceOptions,
  containment: Containment,
): Promise<StorageRecord> {
  const binary = options.git ?? 'git';
  const include = options.include ?? [];
  const limits = { maxFiles: options.maxFiles ?? 100_000, maxBytes: options.maxBytes ?? 2 * 1024 ** 3 };
  const ask = userRepository(directory, binary);
  const revised = options.revision === undefined ? undefined : await readRevision(ask, options.revision, directory);
  if (revised !== undefined) requireSize(`${directory}" at "${options.revision ?? ''}`, revised, limits);
  for (const path of [layout.copy, layout.git, layout.checkouts]) await removeTree(path);
  await initializeGitDirectory(layout.git);
  const around = await findSurroundings(directory, ask);
  const root = join(layout.copy, around.prefix);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const index = join(layout.git, 'index');
  const plain = (tree: string): ReturnType<typeof createGit> =>
    createGit({ binary, directory: layout.git, tree, index: join(layout.git, 'no-index') });
  const files = await listTree(directory, { binary, plain, include });
  const entries = await measureTree(directory, files, limits);
  await copyTree(directory, root, entries);
  await copySurroundings(around.project, layout.copy, around.files);
  // Before git remembers the files' times, which this changes.
  if (containment.type === 'bubblewrap' && containment.asNobody) await giveToNobody(layout.copy);
  const snapshots = createSnapshots({
    git: createGit({ binary, directory: layout.git, tree: root, index }),
    root,
    index,
    kept: [],
  });
  const found = await snapshots.store(entries.map((entry) => entry.file));
  const revision = options.revision ?? null;
  const apart = createGit({ binary, directory: layout.git, tree: root, index: join(layout.git, 'revision-index') });
  const base = revised === undefined ? found : await storeRevision(apart, ask, revised, { include, revision: revision ?? '', directory });
  const record: StorageRecord = {
    specVersion: 1,
    directory,
    revision,
    base,
    found,
    modules: [
      ...findModules(directory, entries.map((entry) => entry.file)).map(({ at, source }) => ({ at: join(around.prefix, at), source })),
      ...around.modules,
    ],
    project: around.project,
    prefix: around.prefix,
    around: around.files,
    packages: around.packages,
  };
  await writeRecord(layout.record, record);
  return record;
}

async function requireFolder(directory: string): Promise<string> {
  try {
    const real = await realpath(directory);
    if (!(await stat(real)).isDirectory())
      throw new WorkspaceError('FW_WORKSPACE_NOT_A_DIRECTORY', {
        message: `"${directory}" is not a folder. Name the folder of the project.`,
      });
    await readdir(real);
    return real;
  } catch (error) {
    if (error instanceof WorkspaceError) throw error;
    const missing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    throw new WorkspaceError(missing ? 'FW_WORKSPACE_MISSING' : 'FW_WORKSPACE_UNREADABLE', {
      message: `"${directory}" ${missing ? 'does not exist' : `cannot be read: ${(error as Error).message}`}. Name a folder that you can read.`,
      cause: error,
    });
  }
}

/** Makes the storage ours, or refuses a folder in which something else lies. */
async function claimStorage(storage: string, directory: string): Promise<string> {
  const parent = await mkdir(dirname(storage), { recursive: true }).then(() => realpath(dirname(storage)));
  const path = await realpath(storage).catch(() => join(parent, storage.slice(dirname(storage).length).replace(/^[\\/]+/, '')));
  if (isInside(directory, path) || isInside(path, directory)) {
    throw new WorkspaceError('FW_WORKSPACE_STORAGE', {
      message: `The storage "${storage}" and the tree "${directory}" lie in each other. Name a storage folder outside of the tree.`,
    });
  }
  // Others may walk through it, as the user of the sandbox must, but not look into it.
  await mkdir(path, { recursive: true, mode: 0o711 });
  const layout = storageLayout(path);
  const names = await readdir(path);
  if (names.length > 0 && !names.includes('fw-workspace')) {
    throw new WorkspaceError('FW_WORKSPACE_STORAGE', {
      message: `The storage "${storage}" is not empty and was not made by this package. Name an empty or new folder.`,
    });
  }
  if (names.length === 0) await writeFile(layout.claim, '');
  return path;
}

function revisionName(revision: string | null): string {
  return revision === null ? 'the tree as found' : `the revision "${revision}"`;
}
