import { readFile, rename, writeFile } from 'node:fs/promises';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import type { LinkedModules } from './linked-modules.ts';
import { WorkspaceError } from './workspace-error.ts';

/** What a later process must know to open a workspace again. */
export interface StorageRecord {
  readonly specVersion: 1;
  /** The user's tree. */
  readonly directory: string;
  /** The revision that was asked for as the base; null for the tree as found. */
  readonly revision: string | null;
  readonly base: string;
  /** The tree as found. */
  readonly found: string;
  /** `at` is relative to the project. */
  readonly modules: readonly LinkedModules[];
  /** The project that the tree is a folder of, or the tree itself. */
  readonly project: string;
  /** Where the tree lies in the project; empty for the project itself. */
  readonly prefix: string;
  /** Files of the folders above, relative to the project. */
  readonly around: readonly string[];
  /** Other packages of the project that commands may read. */
  readonly packages: readonly string[];
}

const treeHash = withZod((z) => z.string().regex(/^[0-9a-f]{40}$/));

const schema: z.ZodType<StorageRecord> = withZod((z) => z.object({
  specVersion: z.literal(1),
  directory: z.string(),
  revision: z.string().nullable(),
  base: treeHash,
  found: treeHash,
  modules: z.array(z.object({ at: z.string(), source: z.string() })),
  project: z.string(),
  prefix: z.string(),
  around: z.array(z.string()),
  packages: z.array(z.string()),
}));

/** Undefined when the workspace was never finished. Throws FW_WORKSPACE_CORRUPT when the file is not what we wrote. */
export async function readRecord(file: string): Promise<StorageRecord | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new WorkspaceError('FW_WORKSPACE_UNREADABLE', { message: `"${file}" cannot be read: ${(error as Error).message}`, cause: error });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new WorkspaceError('FW_WORKSPACE_CORRUPT', {
      message: `"${file}" is not a workspace record of version 1. Remove the storage folder and create the workspace again.`,
      cause: error,
    });
  }
}

export async function writeRecord(file: string, record: StorageRecord): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(record, null, 2), { flush: true });
  await rename(`${file}.new`, file);
}
