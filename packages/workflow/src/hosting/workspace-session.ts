import type { TaskWorkspace } from '@fw/agents-core';

/**
 * One run's files while this process drives it. What the journal has settled is the truth: the first use in a process
 * restores that tree, and so does the first use after a change that broke off half way.
 */
export interface WorkspaceSession {
  readonly workspace: TaskWorkspace;
  /** The tree after the last settled change. */
  readonly tree: string;
  /** Called with the tree of every settled entry, replayed ones too. */
  settle(tree: string): void;
  /** Reads side by side with other reads, never during a change. */
  read<T>(work: (workspace: TaskWorkspace) => Promise<T>): Promise<T>;
  /** Changes one after the other; gives the tree after it. */
  change<T>(work: (workspace: TaskWorkspace) => Promise<T>): Promise<{ readonly value: T; readonly tree: string }>;
}

/** @param first The tree that the run begins with; default the workspace's base. */
export function createWorkspaceSession(workspace: TaskWorkspace, first: string = workspace.base): WorkspaceSession {
  let settled = first;
  /** What the files are, as far as this process knows; undefined when they may be anything. */
  let onDisk: string | undefined;
  let expected: string | undefined;
  let changes: Promise<unknown> = Promise.resolve();
  const reads = new Set<Promise<unknown>>();

  const ensure = async (): Promise<void> => {
    if (onDisk !== undefined) return;
    const tree = expected ?? settled;
    await workspace.restore(tree);
    onDisk = tree;
  };
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const done = Promise.allSettled([changes, ...reads]).then(work);
    changes = done.catch(() => {});
    return done;
  };

  return {
    workspace,
    get tree() {
      return settled;
    },
    settle(tree) {
      settled = tree;
    },
    async read(work) {
      if (onDisk === undefined) await exclusively(ensure);
      const reading = changes.then(() => work(workspace));
      const tracked = reading.catch(() => {}).finally(() => reads.delete(tracked));
      reads.add(tracked);
      return reading;
    },
    change: (work) => exclusively(async () => {
      await ensure();
      expected = onDisk;
      onDisk = undefined;
      const value = await work(workspace);
      // Whatever changes files in a run goes through this workspace.
      const tree = await workspace.snapshot({ scan: false });
      onDisk = tree;
      expected = tree;
      return { value, tree };
    }),
  };
}
