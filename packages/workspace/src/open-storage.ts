import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { createGit, endOrphans } from './git.ts';
import { createModuleLinks } from './linked-modules.ts';
import { giveToNobody } from './nobody.ts';
import type { Containment } from './sandbox.ts';
import { removeTree } from './remove-tree.ts';
import { createSnapshots } from './snapshots.ts';
import type { StorageLayout } from './storage-layout.ts';
import type { StorageRecord } from './storage-record.ts';
import { createTaskWorkspace } from './task-workspace.ts';
import { isAlive } from './process-tree.ts';
import { linkToolchain } from './toolchain.ts';
import { WorkspaceError } from './workspace-error.ts';
import { undoLeftWrites } from './write-files.ts';

/** A workspace on a finished storage. Throws FW_WORKSPACE_CORRUPT when the base cannot be read from it. */
export async function openStorage(
  layout: StorageLayout,
  record: StorageRecord,
  options: { readonly git: string; readonly containment: Containment },
): Promise<TaskWorkspace> {
  const index = join(layout.git, 'index');
  const root = join(layout.copy, record.prefix);
  // A command of a killed process may have put a link there.
  if ((await lstat(root).catch(() => undefined))?.isDirectory() !== true) await rm(root, { force: true });
  const isNew = (await mkdir(root, { recursive: true, mode: 0o700 })) !== undefined;
  const git = createGit({ binary: options.git, directory: layout.git, tree: root, index });
  const snapshots = createSnapshots({ git, root, index, kept: [] });
  if (!(await snapshots.has(record.base)) || !(await snapshots.has(record.found))) {
    throw new WorkspaceError('FW_WORKSPACE_CORRUPT', {
      message: `The base ${record.base} cannot be read from "${layout.git}". Remove the storage folder and create the workspace again.`,
    });
  }
  await endOrphans(layout.git);
  await undoLeftWrites(root);
  // It was closed, which keeps snapshots only.
  if (isNew) await snapshots.restore(record.found);
  await removeLeftCheckouts(layout.checkouts);
  createModuleLinks({ copy: layout.copy, root, directory: record.directory, modules: record.modules }).ensure();
  if (options.containment.type === 'bubblewrap' && options.containment.asNobody) await giveToNobody(layout.copy);
  return createTaskWorkspace({
    ...options,
    layout,
    record,
    copy: layout.copy,
    index,
    found: record.found,
    toolchain: await linkToolchain(layout),
    isCheckout: false,
  });
}

/** Checkouts carry the id of the process that made them; those of a dead one are of no use. */
async function removeLeftCheckouts(checkouts: string): Promise<void> {
  for (const name of await readdir(checkouts).catch(() => [])) {
    if (!isAlive(Number.parseInt(name, 10))) await removeTree(join(checkouts, name));
  }
}
