import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, posix, relative, sep } from 'node:path';
import { WorkspaceError } from './workspace-error.ts';

/**
 * The absolute path of a file of the workspace. Throws FW_WORKSPACE_OUTSIDE for what is absolute, climbs out, or
 * leads out through a link (`also` names further folders that may be led to), FW_WORKSPACE_INVALID for no path.
 */
export async function resolveInside(root: string, file: string, also: readonly string[] = []): Promise<string> {
  const path = join(root, relativePath(file));
  await requireInside(root, file, path, also);
  return path;
}

/** As `resolveInside`, for what changes the file itself: only its folder's real place counts, and ours stays ours. */
export async function resolveWritable(root: string, file: string): Promise<string> {
  const name = relativePath(file);
  if (name === '.') throw new WorkspaceError('FW_WORKSPACE_INVALID', { message: `"${file}" is the workspace itself. Name a file in it.` });
  const denied = name.split('/').find((part) => part.toLowerCase() === 'node_modules' || isGitName(part));
  if (denied !== undefined) {
    throw new WorkspaceError('FW_WORKSPACE_DENIED', {
      message: `"${file}" lies in ${denied}, which is not part of the change. Change the project's own files.`,
    });
  }
  const path = join(root, name);
  await requireInside(root, file, dirname(path), []);
  return path;
}

/** Relative to the root, normalised, with `/`; `.` for the root. */
export function relativePath(file: string): string {
  if (file === '' || file.includes('\0')) {
    throw new WorkspaceError('FW_WORKSPACE_INVALID', {
      message: `${JSON.stringify(file)} is not a path. Give one relative to the workspace, such as "src/index.ts".`,
    });
  }
  const path = posix.normalize(file.replaceAll('\\', '/'));
  if (path.startsWith('/') || /^[a-zA-Z]:/.test(path) || path === '..' || path.startsWith('../')) throw outside(file);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

async function requireInside(root: string, file: string, path: string, also: readonly string[]): Promise<void> {
  let existing = path;
  for (;;) {
    try {
      const real = await realpath(existing);
      if (![root, ...also].some((folder) => isInside(folder, real))) throw outside(file);
      return;
    } catch (error) {
      if (error instanceof WorkspaceError) throw error;
      // A link that is there but leads nowhere we can see must not be taken for a file that is not there yet.
      const stats = await lstat(existing).catch(() => undefined);
      if (stats?.isSymbolicLink() === true || existing === dirname(existing)) throw outside(file, error);
      existing = dirname(existing);
    }
  }
}

/** Whether a path is `folder` or lies below it, by its text. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !/^[a-zA-Z]:/.test(way));
}

function outside(file: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError('FW_WORKSPACE_OUTSIDE', {
    message: `"${file}" is outside the workspace. Use a path relative to its root, such as "src/index.ts", that no symbolic link leads away.`,
    cause,
  });
}

/** Also what file systems of Windows and macOS take for `.git`: blanks and dots at the end, streams, short names, invisible characters. */
function isGitName(part: string): boolean {
  const seen = part.replaceAll(/[\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/g, '').toLowerCase();
  return /^(\.git|git~\d+)[ .]*(:.*)?$/.test(seen);
}
