import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { decodeText } from './decode-text.ts';
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

/** Where a write or removal of `file` really happens. Writing to a link changes the file that it names, as reading reads that. */
export async function writableTarget(root: string, file: string, throughLinks: boolean): Promise<string> {
  const path = await resolveWritable(root, file);
  if (!throughLinks || (await lstat(path).catch(() => undefined))?.isSymbolicLink() !== true) return path;
  await resolveInside(root, file);
  return resolveWritable(root, relative(root, await realpath(path)).split(sep).join('/'));
}

/** Rights of a new file: executable where `path` is. */
export async function executableLike(path: string): Promise<number> {
  const before = await stat(path).catch(() => undefined);
  return ((before?.mode ?? 0) & 0o111) === 0 ? 0o644 : 0o755;
}

/** Refuses a path of which a part that is there is no folder. */
export async function requireFolders(root: string, folder: string, file: string): Promise<void> {
  for (let path = folder; path.length > root.length; path = dirname(path)) {
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isDirectory() === true) return;
    if (stats !== undefined || (await lstat(path).catch(() => undefined)) !== undefined)
      throw new WorkspaceError('FW_WORKSPACE_INVALID', {
        message: `"${file}" cannot be written: "${relative(root, path)}", a part of its path, is a file, not a folder.`,
      });
  }
}
