import { randomUUID } from 'node:crypto';
import { chmod, lchown, link, lstat, mkdir, readFile, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { FileWrite } from '@fw/agents-core';
import { diskFull } from './disk-full.ts';
import { nobody } from './nobody.ts';
import { isAlive } from './process-tree.ts';
import { executableLike, requireFolders, writableTarget } from './text-files.ts';
import { WorkspaceError } from './workspace-error.ts';
import { resolveInside } from './workspace-path.ts';

export interface WritePlace {
  readonly root: string;
  readonly temporary: string;
  readonly asNobody: boolean;
}

/** Writes a file whole or not at all: into `temporary` first, then renamed. An executable file stays one. Gives the path that was written. */
export async function writeOneFile(place: WritePlace, file: string, content: string): Promise<string> {
  const fresh = join(place.temporary, randomUUID());
  try {
    const { path, mode } = await target(place.root, { type: 'write', file, content });
    await mkdir(place.temporary, { recursive: true, mode: 0o700 });
    await writeFile(fresh, content);
    await chmod(fresh, mode);
    if (place.asNobody) await lchown(fresh, nobody, nobody);
    await makeFolders(dirname(path), place);
    await rename(fresh, path);
    return relative(place.root, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw asWorkspaceError(error);
  }
}

/** Removes a file or link; a folder is refused. Gives the path that is gone. */
export async function removeFile(root: string, file: string): Promise<string> {
  const { path } = await target(root, { type: 'remove', file });
  await unlink(path).catch((error: unknown) => {
    throw asWorkspaceError(error);
  });
  return relative(root, path);
}

/** What was there before; relative to the copy. A file that was not there has no `kept`. */
interface Undo {
  /** The process that was writing. */
  readonly process: number;
  readonly files: readonly { readonly file: string; readonly kept?: string }[];
}

/**
 * Makes all changes or none. The files as they were are kept beside the copy while it works, so that a failure, or the
 * next process after a kill, can put them back. Gives the paths that were written or removed.
 */
export async function writeFiles(place: WritePlace, writes: readonly FileWrite[]): Promise<readonly string[]> {
  const targets = await Promise.all(writes.map((write) => target(place.root, write)));
  for (const [index, { path, write }] of targets.entries()) {
    const other = targets.findIndex(({ path: second, write: two }, at) => at !== index && (second === path || (write.type === 'write' && two.type === 'write' && second.startsWith(`${path}/`))));
    if (other !== -1)
      throw new WorkspaceError('FW_WORKSPACE_INVALID', { message: `Nothing was written: "${write.file}" and "${targets[other]?.write.file}" cannot both be changed at once. Make one change of them.` });
  }
  const stage = join(place.temporary, randomUUID());
  try {
    await mkdir(stage, { recursive: true, mode: 0o700 });
    const undo = { process: process.pid, files: await Promise.all(targets.map((one, index) => prepare(place, stage, one, index))) } satisfies Undo;
    await writeFile(join(stage, 'undo.json'), JSON.stringify(undo));
    // Whoever left this is gone, or failed to undo it: there is one writer.
    await undoWrites(place.root);
    // From here on a kill is undone.
    await rename(stage, pendingFolder(place.root));
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    throw asWorkspaceError(error);
  }
  try {
    for (const [index, { path, write }] of targets.entries()) {
      if (write.type === 'remove') await unlink(path);
      else {
        await makeFolders(dirname(path), place);
        await rename(join(pendingFolder(place.root), `new-${index}`), path);
      }
    }
    // And from here on it is done.
    await rename(join(pendingFolder(place.root), 'undo.json'), join(pendingFolder(place.root), 'done.json'));
  } catch (error) {
    await undoWrites(place.root);
    throw asWorkspaceError(error);
  }
  await rm(pendingFolder(place.root), { recursive: true, force: true });
  return targets.map(({ path }) => relative(place.root, path));
}

/** Puts back what a killed process had changed of several files; one that lives may still be at it. */
export async function undoLeftWrites(root: string): Promise<void> {
  const undo = await readUndo(root);
  if (undo === undefined || !isAlive(undo.process)) await undoWrites(root);
}

export async function undoWrites(root: string): Promise<void> {
  const folder = pendingFolder(root);
  for (const { file, kept } of (await readUndo(root))?.files ?? []) {
    const path = join(root, file);
    if (kept === undefined) {
      await unlink(path).catch(() => undefined);
      await removeEmptyFolders(dirname(path), root);
    } else {
      await rename(join(folder, kept), path).catch((error: NodeJS.ErrnoException) => {
        // It was put back before the last kill.
        if (error.code !== 'ENOENT') throw error;
      });
    }
  }
  await rm(folder, { recursive: true, force: true });
}

async function readUndo(root: string): Promise<Undo | undefined> {
  const text = await readFile(join(pendingFolder(root), 'undo.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Undo);
}

function pendingFolder(root: string): string {
  return join(dirname(root), 'pending');
}

interface Target {
  readonly write: FileWrite;
  readonly path: string;
  readonly exists: boolean;
  readonly mode: number;
}

async function target(root: string, write: FileWrite): Promise<Target> {
  const path = await writableTarget(root, write.file, write.type === 'write');
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isDirectory() === true) throw new WorkspaceError('FW_WORKSPACE_INVALID', { message: `"${write.file}" is a folder, not a file.` });
  if (write.type === 'remove' && stats === undefined) throw new WorkspaceError('FW_WORKSPACE_NOT_FOUND', { message: `"${write.file}" does not exist in the workspace.` });
  if (write.type === 'write') await requireFolders(root, dirname(path), write.file);
  const like = write.type === 'write' && write.like !== undefined ? await resolveInside(root, write.like) : path;
  return { write, path, exists: stats !== undefined, mode: await executableLike(like) };
}

async function prepare(place: WritePlace, stage: string, { write, path, exists, mode }: Target, index: number): Promise<Undo['files'][number]> {
  if (write.type === 'write') {
    const fresh = join(stage, `new-${index}`);
    await writeFile(fresh, write.content);
    await chmod(fresh, mode);
    if (place.asNobody) await lchown(fresh, nobody, nobody);
  }
  const file = relative(place.root, path);
  if (!exists) return { file };
  await link(path, join(stage, `old-${index}`));
  return { file, kept: `old-${index}` };
}

/** Makes folders, given to nobody where commands run as that user. */
async function makeFolders(folder: string, place: Pick<WritePlace, 'asNobody'>): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made === undefined || !place.asNobody) return;
  for (let path = folder; path.length >= made.length; path = dirname(path)) await lchown(path, nobody, nobody);
}

async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let path = folder; path !== root && path.startsWith(root); path = dirname(path)) {
    try {
      await rmdir(path);
    } catch {
      return;
    }
  }
}

/** A failure of the file system in our words. */
function asWorkspaceError(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof WorkspaceError || code === undefined) return error;
  const full = diskFull(message);
  if (full !== undefined) return full;
  if (['EACCES', 'EPERM', 'EROFS'].includes(code))
    return new WorkspaceError('FW_WORKSPACE_DENIED', { message: `Nothing was written: ${message}. Give the folder its rights back.`, cause: error });
  if (code === 'ENAMETOOLONG')
    return new WorkspaceError('FW_WORKSPACE_INVALID', { message: 'Nothing was written: the path, or a part of it, is longer than the file system takes. Name another file.', cause: error });
  if (['ENOTDIR', 'EISDIR', 'ELOOP', 'EINVAL'].includes(code))
    return new WorkspaceError('FW_WORKSPACE_INVALID', { message: `Nothing was written: ${message}. Name another file.`, cause: error });
  return error;
}
