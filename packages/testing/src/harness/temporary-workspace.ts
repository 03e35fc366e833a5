import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import type { TaskWorkspace } from '@fw/agents-core';
import { createWorkspace } from '@fw/workspace';
import { TestingError } from '../testing-error.ts';

/**
 * A real workspace on a folder of these files, for as long as `work` takes; nothing is left of it afterwards.
 * @throws TestingError `FW_TESTING_HARNESS` for a path that leaves the folder or cannot be made.
 */
export async function withTemporaryWorkspace<T>(files: { readonly [path: string]: string }, work: (workspace: TaskWorkspace) => Promise<T>, options: { readonly sandbox?: 'required' | 'preferred' | 'off' } = {}): Promise<T> {
  const parent = await mkdtemp(join(tmpdir(), 'fw-harness-'));
  try {
    // Commands may run as another user, who has to get this far.
    await chmod(parent, 0o711);
    const directory = join(parent, 'project');
    await mkdir(directory);
    for (const [path, content] of Object.entries(files)) {
      const file = resolve(directory, path);
      if (!file.startsWith(directory + sep)) throw new TestingError('FW_TESTING_HARNESS', { message: `The file "${path}" lies outside of the workspace. Paths of files are relative, without "..".` });
      try {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, content);
      } catch (cause) {
        throw new TestingError('FW_TESTING_HARNESS', { message: `The file "${path}" cannot be made (${String((cause as { readonly code?: unknown }).code)}). Is another one a folder of its path?`, cause });
      }
    }
    const workspace = await createWorkspace({ directory, storage: join(parent, 'storage'), sandbox: options.sandbox ?? 'preferred' });
    try {
      return await work(workspace);
    } finally {
      await workspace.close();
    }
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}
