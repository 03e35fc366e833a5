import { chmod, constants, copyFile, lstat, mkdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { forEachLimited } from './for-each-limited.ts';
import { diskFull } from './disk-full.ts';
import { WorkspaceError } from './workspace-error.ts';

export interface TreeEntry {
  readonly file: string;
  readonly type: 'file' | 'link';
  readonly executable: boolean;
  readonly bytes: number;
}

export interface TreeLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
}

/** What of `files` is there and can be copied. Throws FW_WORKSPACE_TOO_LARGE before anything is copied. */
export async function measureTree(
  directory: string,
  files: readonly string[],
  limits: TreeLimits,
): Promise<readonly TreeEntry[]> {
  requireFileCount(directory, files.length, limits);
  const realFolders = new Map<string, Promise<boolean>>([['.', Promise.resolve(true)]]);
  const entries: TreeEntry[] = [];
  await forEachLimited(files, 32, async (file) => {
    // A tracked path may lie behind a folder that is a link by now; it is not part of this tree then.
    if (!(await isRealFolder(directory, dirname(file), realFolders))) return;
    const stats = await lstat(join(directory, file)).catch(() => undefined);
    if (stats === undefined || (!stats.isFile() && !stats.isSymbolicLink())) return;
    entries.push({ file, type: stats.isFile() ? 'file' : 'link', executable: (stats.mode & 0o111) !== 0, bytes: stats.size });
  });
  requireSize(directory, entries, limits);
  return entries.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Copies entries, sharing blocks where the file system can; links stay links. Throws FW_WORKSPACE_UNREADABLE. */
export async function copyTree(directory: string, copy: string, entries: readonly TreeEntry[]): Promise<void> {
  for (const folder of new Set(entries.map((entry) => dirname(entry.file)))) await mkdir(join(copy, folder), { recursive: true });
  await forEachLimited(entries, 32, async (entry) => {
    const from = join(directory, entry.file);
    const to = join(copy, entry.file);
    try {
      if (entry.type === 'link') return await symlink(await readlink(from), to);
      await copyFile(from, to, constants.COPYFILE_FICLONE);
      await chmod(to, entry.executable ? 0o755 : 0o644);
    } catch (error) {
      const full = diskFull((error as Error).message);
      if (full !== undefined) throw full;
      throw new WorkspaceError('FW_WORKSPACE_UNREADABLE', {
        message: `"${from}" could not be copied: ${(error as Error).message}. Make it readable, or add it to .gitignore.`,
        cause: error,
      });
    }
  });
}

/** Throws FW_WORKSPACE_TOO_LARGE when there are more files, or more bytes in them, than the limits allow. */
export function requireSize(tree: string, files: readonly { readonly bytes: number }[], limits: TreeLimits): void {
  requireFileCount(tree, files.length, limits);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > limits.maxBytes) throw tooLarge(tree, `${mebibytes(bytes)} MiB`, `${mebibytes(limits.maxBytes)} MiB`, 'maxBytes');
}

function requireFileCount(tree: string, count: number, limits: TreeLimits): void {
  if (count > limits.maxFiles) throw tooLarge(tree, `${count} files`, `${limits.maxFiles} files`, 'maxFiles');
}

function isRealFolder(directory: string, folder: string, known: Map<string, Promise<boolean>>): Promise<boolean> {
  const before = known.get(folder);
  if (before !== undefined) return before;
  const answer = isRealFolder(directory, dirname(folder), known).then(
    async (parent) =>
      parent &&
      (await lstat(join(directory, folder)).then(
        (stats) => stats.isDirectory(),
        () => false,
      )),
  );
  known.set(folder, answer);
  return answer;
}

function tooLarge(directory: string, is: string, limit: string, option: string): WorkspaceError {
  return new WorkspaceError('FW_WORKSPACE_TOO_LARGE', {
    message: `The tree "${directory}" has ${is}; the limit is ${limit}. Nothing was copied. Work on a part of it (for example --workspace packages/x), add what is generated to .gitignore, check out fewer files (git sparse-checkout), or raise ${option}.`,
  });
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
