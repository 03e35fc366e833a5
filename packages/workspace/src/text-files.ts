import { randomUUID } from 'node:crypto';
import { chmod, lchown, lstat, mkdir, readFile, realpath, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { decodeText } from './decode-text.ts';
import { nobody } from './nobody.ts';
import { WorkspaceError } from './workspace-error.ts';
import { resolveInside, resolveWritable } from './workspace-path.ts';

const maxReadBytes = 32 * 1024 * 1024;

/** Text of a regular file. `also` are folders outside that links of the workspace may lead to. */
export async function readTextFile(root: string, file: string, also: readonly string[]): Promise<string> {
  const path = await resolveInside(root, file, also);
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) throw new WorkspaceError('FW_WORKSPACE_NOT_FOUND', { message: `"${file}" does not exist in the workspace.` });
  if (!stats.isFile())
    throw new WorkspaceError('FW_WORKSPACE_NOT_FOUND', {
      message: `"${file}" is ${stats.isDirectory() ? 'a folder' : 'not a regular file'}; only files can be read.`,
    });
  if (stats.size > maxReadBytes)
    throw new WorkspaceError('FW_WORKSPACE_TOO_LARGE', {
      message: `"${file}" has ${stats.size} bytes; at most ${maxReadBytes} can be read as text.`,
    });
  const text = decodeText(await readFile(path));
  if (text === undefined)
    throw new WorkspaceError('FW_WORKSPACE_BINARY', { message: `"${file}" is not UTF-8 text (${stats.size} bytes).` });
  return text;
}

/** Writes a file whole or not at all: into `temporary` first, then renamed. Rights of an existing file stay. */
export async function writeTextFile(
  place: { readonly root: string; readonly temporary: string; readonly asNobody: boolean },
  file: string,
  content: string,
): Promise<void> {
  const path = await throughLink(place.root, file, await resolveWritable(place.root, file));
  const before = await lstat(path).catch(() => undefined);
  if (before?.isDirectory() === true)
    throw new WorkspaceError('FW_WORKSPACE_INVALID', { message: `"${file}" is a folder; a file cannot be written in its place.` });
  await mkdir(place.temporary, { recursive: true, mode: 0o700 });
  const fresh = join(place.temporary, randomUUID());
  try {
    await writeFile(fresh, content);
    await chmod(fresh, ((before?.mode ?? 0) & 0o111) === 0 ? 0o644 : 0o755);
    if (place.asNobody) await lchown(fresh, nobody, nobody);
    await makeFolders(dirname(path), file, place);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** Removes a file or link; a folder is refused. */
export async function removeFile(root: string, file: string): Promise<void> {
  const path = await resolveWritable(root, file);
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) throw new WorkspaceError('FW_WORKSPACE_NOT_FOUND', { message: `"${file}" does not exist in the workspace.` });
  if (stats.isDirectory())
    throw new WorkspaceError('FW_WORKSPACE_INVALID', { message: `"${file}" is a folder; remove its files one by one.` });
  await unlink(path);
}

/** Writing to a link changes the file that it names, as reading it reads that file. */
async function throughLink(root: string, file: string, path: string): Promise<string> {
  if ((await lstat(path).catch(() => undefined))?.isSymbolicLink() !== true) return path;
  await resolveInside(root, file);
  const real = await realpath(path);
  return resolveWritable(root, relative(root, real).split(sep).join('/'));
}

async function makeFolders(folder: string, file: string, place: { readonly root: string; readonly asNobody: boolean }): Promise<void> {
  let made: string | undefined;
  try {
    made = await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new WorkspaceError('FW_WORKSPACE_INVALID', {
      message: `"${file}" cannot be written: a part of its path is a file, not a folder.`,
      cause,
    });
  }
  if (made === undefined || !place.asNobody) return;
  for (let path = folder; path.length >= made.length; path = dirname(path)) await lchown(path, nobody, nobody);
}
