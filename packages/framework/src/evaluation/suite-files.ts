import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { FrameworkError } from '../framework-error.ts';

/** Files below a folder as a suite may have them. */
export interface SuiteFiles {
  /** With `/`, sorted. */
  readonly files: readonly string[];
  /** Hex SHA-256 of their names, modes and contents. */
  readonly digest: string;
}

export interface FileLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
  /** Links that stay inside of the folder are taken; else none is. */
  readonly links?: boolean;
}

/**
 * Looks at every file of a folder; `node_modules` and `.git` at its root are left out.
 * @throws FrameworkError `FW_SUITE_INVALID` for links, for what is neither file nor folder, and above the limits.
 */
export async function listSuiteFiles(folder: string, limits: FileLimits): Promise<SuiteFiles> {
  const hash = createHash('sha256');
  const files: string[] = [];
  let bytes = 0;
  const visit = async (relative: string): Promise<void> => {
    const entries = await readdir(path.join(folder, relative), { withFileTypes: true });
    for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
      if (relative === '' && (entry.name === 'node_modules' || entry.name === '.git')) continue;
      const name = relative === '' ? entry.name : `${relative}/${entry.name}`;
      const file = path.join(folder, name);
      if (entry.isDirectory()) await visit(name);
      else if (entry.isSymbolicLink()) {
        if (limits.links !== true) throw invalid(file, 'it is a symbolic link; none is followed here');
        const target = await readlink(file);
        const at = path.relative(folder, path.resolve(path.dirname(file), target));
        if (path.isAbsolute(target) || at === '..' || at.startsWith(`..${path.sep}`) || path.isAbsolute(at)) throw invalid(file, `it is a symbolic link that leaves its folder, to "${target}"`);
        hash.update(`link ${name} ${target}\n`);
        files.push(name);
      } else if (entry.isFile()) {
        const { size, mode } = await lstat(file);
        bytes += size;
        if (bytes > limits.maxBytes) throw invalid(folder, `it has more than ${limits.maxBytes} bytes`);
        hash.update(`file ${name} ${mode & 0o100} ${createHash('sha256').update(await readFile(file)).digest('hex')}\n`);
        files.push(name);
      } else throw invalid(file, 'it is neither a file nor a folder');
      if (files.length > limits.maxFiles) throw invalid(folder, `it has more than ${limits.maxFiles} files`);
    }
  };
  await visit('');
  return { files, digest: hash.digest('hex') };
}

/** A small file of a suite. @throws FrameworkError `FW_SUITE_INVALID` when it is missing, a link, or over the limit. */
export async function readSuiteFile(file: string, maxBytes: number): Promise<string> {
  const entry = await lstat(file).catch((error: unknown) => { throw invalid(file, 'there is no such file', error); });
  if (!entry.isFile()) throw invalid(file, entry.isSymbolicLink() ? 'it is a symbolic link; none is followed here' : 'it is not a file');
  if (entry.size > maxBytes) throw invalid(file, `it has ${entry.size} bytes; at most ${maxBytes} are read`);
  return readFile(file, 'utf8');
}

export async function readSuiteJson(file: string): Promise<unknown> {
  const content = await readSuiteFile(file, 1024 ** 2);
  try {
    return JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw invalid(file, `it is not JSON: ${(error as Error).message}`, error);
  }
}

export function invalid(place: string, problem: string, cause?: unknown): FrameworkError {
  return new FrameworkError('FW_SUITE_INVALID', { message: `${place}: ${problem}.`, cause });
}
