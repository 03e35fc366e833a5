import type { TaskWorkspace } from '@fw/agents-core';
import type { UndoableChange } from './harness-changes.ts';

/** Works on a fresh copy of a tree, in which the given files are as they were on the base. */
export async function runOnCopy<T>(workspace: TaskWorkspace, tree: string, undo: readonly UndoableChange[], work: (copy: TaskWorkspace) => Promise<T>): Promise<T> {
  const copy = await workspace.checkout(tree);
  try {
    for (const { file, before } of undo) {
      // A link must not be written through.
      await copy.remove(file).catch(() => undefined);
      if (typeof before === 'string') await copy.write(file, before);
    }
    return await work(copy);
  } finally {
    await copy.close();
  }
}
