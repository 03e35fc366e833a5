import { tmpdir } from 'node:os';
import { createGit } from './git.ts';
import type { Git } from './git.ts';
import type { StorageLayout } from './storage-layout.ts';

/** Git on the objects of a storage alone: no files, no index. */
export function readingGit(layout: StorageLayout, binary = 'git'): Git {
  return createGit({ binary, directory: layout.git, tree: tmpdir(), index: `${layout.git}/no-index` });
}
