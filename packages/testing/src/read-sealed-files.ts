import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TestingError } from './testing-error.ts';

/** Acceptance tests from a folder that no change can write to. */
export interface SealedFiles {
  readonly files: ReadonlyMap<string, string>;
  /** Hex SHA-256 over their paths and contents. */
  readonly sha256: string;
}

const maxFiles = 1_000;
const maxCharacters = 20_000_000;

/** @throws TestingError `FW_TESTING_SEALED` for a folder that cannot be read, is empty, or is too large. */
export async function readSealedFiles(folder: string): Promise<SealedFiles> {
  const files = new Map<string, string>();
  let characters = 0;
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      const file = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.name === 'node_modules' || entry.name === '.git') continue;
      if (entry.isDirectory()) await walk(file);
      else if (entry.isFile()) {
        characters += (await stat(join(folder, file))).size;
        if (files.size >= maxFiles || characters > maxCharacters) throw refusal(folder, `it holds more than ${maxFiles} files or ${maxCharacters / 1e6} MB`);
        files.set(file, await readFile(join(folder, file), 'utf8'));
      }
    }
  };
  try {
    await walk('');
  } catch (error) {
    throw error instanceof TestingError ? error : refusal(folder, (error as Error).message);
  }
  if (files.size === 0) throw refusal(folder, 'there is no file in it');
  const hash = createHash('sha256');
  for (const file of [...files.keys()].sort()) hash.update(`${JSON.stringify([file, files.get(file)])}\n`);
  return { files, sha256: hash.digest('hex') };
}

function refusal(folder: string, reason: string): TestingError {
  return new TestingError('FW_TESTING_SEALED', { message: `The sealed tests in "${folder}" cannot be used: ${reason}. Give a folder with test files as they would lie in the project.` });
}
