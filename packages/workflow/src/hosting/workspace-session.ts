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
  return new Session(workspace, first);
}

class Session implements WorkspaceSession {
  readonly workspace: TaskWorkspace;
  #settled: string;
  /** What the files are, as far as this process knows; undefined when they may be anything. */
  #onDisk: string | undefined;
  #expected: string | undefined;
  /** Of most runs that wait nothing is under way. */
  #changes: Promise<unknown> | undefined;
  #reads: Set<Promise<unknown>> | undefined;

  constructor(workspace: TaskWorkspace, first: string) {
    this.workspace = workspace;
    this.#settled = first;
  }

  get tree(): string {
    return this.#settled;
  }

  settle(tree: string): void {
    this.#settled = tree;
  }

  async read<T>(work: (workspace: TaskWorkspace) => Promise<T>): Promise<T> {
    if (this.#onDisk === undefined) await this.#exclusively(() => this.#ensure());
    const reading = (this.#changes ?? Promise.resolve()).then(() => work(this.workspace));
    const reads = this.#reads ??= new Set();
    const tracked = reading.catch(() => {}).finally(() => reads.delete(tracked));
    reads.add(tracked);
    return reading;
  }

  change<T>(work: (workspace: TaskWorkspace) => Promise<T>): Promise<{ readonly value: T; readonly tree: string }> {
    return this.#exclusively(async () => {
      await this.#ensure();
      this.#expected = this.#onDisk;
      this.#onDisk = undefined;
      const value = await work(this.workspace);
      // Whatever changes files in a run goes through this workspace.
      const tree = await this.workspace.snapshot({ scan: false });
      this.#onDisk = tree;
      this.#expected = tree;
      return { value, tree };
    });
  }

  async #ensure(): Promise<void> {
    if (this.#onDisk !== undefined) return;
    const tree = this.#expected ?? this.#settled;
    await this.workspace.restore(tree);
    this.#onDisk = tree;
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = Promise.allSettled([this.#changes, ...(this.#reads ?? [])]).then(work);
    this.#changes = done.catch(() => {});
    return done;
  }
}
