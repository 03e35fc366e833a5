import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { createGit } from './git.ts';
import { createModuleLinks } from './linked-modules.ts';
import { mergeTrees } from './merge-trees.ts';
import { removeTree } from './remove-tree.ts';
import { requireCopy } from './require-copy.ts';
import { createMutex } from './mutex.ts';
import { giveToNobody } from './nobody.ts';
import { runCommand, sandboxName } from './run-command.ts';
import type { Containment } from './sandbox.ts';
import { createSnapshots } from './snapshots.ts';
import { createStages } from './stage.ts';
import { createStorageOwner } from './storage-owner.ts';
import type { StorageRecord } from './storage-record.ts';
import { copySurroundings } from './surroundings.ts';
import type { StorageLayout } from './storage-layout.ts';
import { readTextFile } from './text-files.ts';
import type { Toolchain } from './toolchain.ts';
import { WorkspaceError } from './workspace-error.ts';
import { isInside, relativePath } from './workspace-path.ts';
import { removeFile, undoWrites, writeFiles, writeOneFile } from './write-files.ts';

/** All that a workspace is made of once its storage is complete. */
export interface WorkspaceParts {
  readonly layout: StorageLayout;
  readonly record: StorageRecord;
  /** The copy of the project: the storage's own, or that of a checkout. The tree's own copy lies in it at the record's prefix. */
  readonly copy: string;
  readonly index: string;
  /** A tree that was stored: the tree as found, or that of a checkout. */
  readonly found: string;
  readonly git: string;
  readonly containment: Containment;
  readonly toolchain: Toolchain;
  /** Its folder is its own process's alone. */
  readonly isCheckout: boolean;
}

/** The contract on top of these parts. Whatever is asked of one workspace is done one after the other. */
export function createTaskWorkspace(parts: WorkspaceParts): TaskWorkspace {
  const { layout, record, copy } = parts;
  const { modules } = record;
  const root = join(copy, record.prefix);
  const asNobody = parts.containment.type === 'bubblewrap' && parts.containment.asNobody;
  const git = createGit({ binary: parts.git, directory: layout.git, tree: root, index: parts.index });
  const snapshots = createSnapshots({ git, root, index: parts.index, kept: modules.flatMap(({ at }) => (isInside(record.prefix, at) ? [at.slice(record.prefix === '' ? 0 : record.prefix.length + 1)] : [])) });
  const links = createModuleLinks({ copy, root, directory: record.directory, modules });
  const writable = { root, temporary: layout.temporary, asNobody };
  const stages = createStages();
  const owner = createStorageOwner(layout.storage);
  const inOrder = createMutex();
  const open = new Set<TaskWorkspace>();
  let closed = false;

  /** `reads` for what changes nothing of the storage but its objects; `shows` for what changes nothing at all. */
  function exclusive<T>(work: () => Promise<T>, kind: 'writes' | 'reads' | 'shows' = 'writes'): Promise<T> {
    return (kind === 'shows' ? inOrder.shared : inOrder)(async () => {
      if (closed)
        throw new WorkspaceError('FW_WORKSPACE_CLOSED', {
          message: `The workspace in "${root}" is closed. Open it again with openWorkspace.`,
        });
      requireCopy(root, layout.git, asNobody);
      if (kind === 'writes' && !parts.isCheckout) owner.requireOurs();
      return work();
    });
  }

  /** Files that were written since the last snapshot; undefined when any may have changed. */
  let touched: Set<string> | undefined;

  async function touching(work: () => Promise<string | readonly string[]>): Promise<void> {
    const before = touched;
    touched = undefined;
    const files = await work();
    touched = before === undefined ? undefined : new Set([...before, ...[files].flat()]);
  }

  async function snapshot(scan: boolean): Promise<string> {
    const known = touched;
    touched = undefined;
    const quick = scan || known === undefined ? undefined : await snapshots.snapshotOf([...known]);
    const tree = quick ?? (await snapshots.snapshot(parts.found));
    touched = new Set();
    return tree;
  }

  async function restore(tree: string): Promise<void> {
    touched = undefined;
    await undoWrites(root);
    await snapshots.restore(tree);
    links.ensure();
    if (asNobody) await giveToNobody(root);
    touched = new Set();
  }

  return {
    specVersion: 1,
    root,
    base: record.base,
    sandbox: sandboxName(parts.containment),
    read: (file) =>
      exclusive(() =>
        readTextFile(
          root,
          file,
          modules.map(({ source }) => source),
        ),
        'reads',
      ),
    write: (file, content) => exclusive(() => touching(() => writeOneFile(writable, file, content))),
    remove: (file) => exclusive(() => touching(() => removeFile(root, file))),
    writeAll: (writes) => exclusive(() => touching(() => writeFiles(writable, writes))),
    run: (command, options) =>
      exclusive(() => {
        touched = undefined;
        return runCommand({ ...parts, root, links, stages }, command, options);
      }),
    snapshot: (options) => exclusive(() => snapshot(options?.scan ?? true)),
    restore: (tree) => exclusive(() => restore(tree)),
    diff: (from, to) => exclusive(() => snapshots.diff(from, to), 'shows'),
    changes: (from, to) => exclusive(() => snapshots.changes(from, to), 'shows'),
    show: (tree, file) => exclusive(async () => snapshots.show(tree, relativePath(file)), 'shows'),
    files: (tree) => exclusive(() => snapshots.files(tree), 'shows'),
    merge: (trees) =>
      exclusive(async () => {
        await snapshots.requireTrees(trees.base, trees.ours, trees.theirs);
        return mergeTrees(git, trees, layout.temporary);
      }, 'reads'),
    async checkout(tree) {
      const id = `${process.pid}-${randomUUID()}`;
      const folder = join(layout.checkouts, id);
      const checkout = createTaskWorkspace({
        ...parts,
        // What it closes must not be missing to others.
        layout: { ...layout, home: join(folder, 'home'), temporary: join(folder, 'tmp') },
        isCheckout: true,
        found: tree,
        copy: join(folder, 'copy'),
        index: join(folder, 'index'),
      });
      return exclusive(async () => {
        await mkdir(folder, { recursive: true, mode: 0o711 });
        await mkdir(join(folder, 'copy', record.prefix), { recursive: true, mode: 0o700 });
        await copySurroundings(copy, join(folder, 'copy'), record.around);
        if (asNobody) await giveToNobody(join(folder, 'copy'));
        await checkout.restore(tree).catch(async (error: unknown) => {
          await removeTree(folder);
          throw error;
        });
        const closing: TaskWorkspace = {
          ...checkout,
          close: () =>
            checkout
              .close()
              .then(() => removeTree(folder))
              .then(() => void open.delete(closing)),
        };
        open.add(closing);
        return closing;
      }, 'reads');
    },
    async close() {
      for (const checkout of open) await checkout.close();
      await inOrder(async () => {
        if (closed) return;
        closed = true;
        stages.close();
        if (!parts.isCheckout && owner.isOthers()) return;
        for (const folder of [root, parts.index, layout.home, layout.temporary]) await removeTree(folder);
      });
    },
  };
}
