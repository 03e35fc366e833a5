import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './git.ts';
import { isSecretFile } from './secret-files.ts';
import { userRepository } from './user-repository.ts';

/**
 * Paths of the files that belong to a tree: what its own git tracks or would offer to add; without git, what its
 * .gitignore files leave. Never `.git`, `node_modules` or secrets, except secrets and ignored files that `include`
 * (paths or globs) lists. Nothing is written, and no hook or monitor of the repository is run.
 */
export async function listTree(
  directory: string,
  options: { readonly binary: string; readonly plain: (directory: string) => Git; readonly include: readonly string[] },
): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const file of await listFolder(directory, options)) if (!isSecretFile(file)) files.add(file);
  if (options.include.length > 0) {
    const patterns = options.include.map((pattern) => `:(top,glob)${pattern}`);
    const { stdout } = await options.plain(directory)(['ls-files', '-z', '--others', '--', ...patterns]);
    for (const file of splitNames(stdout)) if (isContent(file)) files.add(file);
  }
  return [...files].sort();
}

async function listFolder(
  directory: string,
  options: { readonly binary: string; readonly plain: (directory: string) => Git },
): Promise<readonly string[]> {
  const own = await listRepository(directory, options.binary);
  // Nothing at all: the folder is ignored by a repository above it, or is no repository.
  const names = own.length > 0 ? own : splitNames((await options.plain(directory)(['ls-files', '-z', '--others', '--exclude-standard'])).stdout);
  const files: string[] = [];
  for (const name of names) {
    if (!isContent(name)) continue;
    const folder = name.endsWith('/') ? name.slice(0, -1) : own.length > 0 && (await isDirectory(join(directory, name))) ? name : undefined;
    if (folder === undefined) files.push(name);
    else for (const file of await listFolder(join(directory, folder), options)) files.push(`${folder}/${file}`);
  }
  return files;
}

async function listRepository(directory: string, binary: string): Promise<readonly string[]> {
  const answer = await userRepository(directory, binary)(['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  return answer.exitCode === 0 ? splitNames(answer.stdout) : [];
}

/** Names that are not UTF-8 cannot be addressed by the contract and are left out. */
export function splitNames(stdout: Buffer): readonly string[] {
  return stdout
    .toString('utf8')
    .split('\0')
    .filter((name) => name !== '' && !name.includes('\uFFFD'));
}

/** Whether a path may be part of a tree. */
export function isContent(file: string): boolean {
  return !file.startsWith('/') && !file.split('/').some((part) => ['node_modules', '.', '..'].includes(part) || part.toLowerCase() === '.git');
}

async function isDirectory(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
