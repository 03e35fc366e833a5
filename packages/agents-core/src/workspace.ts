/** Files of the task as an agent sees them. Reads and writes are leaves; a write's entry carries the tree after it. */
export interface Workspace {
  read(file: string): Promise<string>;
  write(file: string, content: string): Promise<void>;
  run(command: readonly string[], options?: { readonly timeoutMs?: number; readonly cwd?: string }): Promise<CommandResult>;
  /** Content hash of all files, as of the last settled entry of this run. */
  tree(): Promise<string>;
}

export interface CommandOptions {
  /** Relative to the workspace's root. */
  readonly cwd?: string;
  /** Default 120,000. */
  readonly timeoutMs?: number;
  /** Added to a small clean environment; nothing of the host's environment is passed on. */
  readonly env?: { readonly [name: string]: string };
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Kept characters of output, head and tail; default 1,000,000. The rest is counted. */
  readonly maxOutput?: number;
  /** Absolute folders outside the workspace that the command may write to, e.g. for result files. */
  readonly writable?: readonly string[];
  /** Absolute folders outside the workspace that the command may read. */
  readonly readable?: readonly string[];
  /** False (default) unshares the network. */
  readonly network?: boolean;
  readonly limits?: { readonly memoryBytes?: number; readonly processes?: number; readonly cpuSeconds?: number; readonly fileBytes?: number };
  /** Called with each chunk of output while the command runs. */
  readonly onOutput?: (chunk: string) => void;
}

export interface CommandResult {
  /** 128 + signal number when a signal ended it; -1 when it could not be started. */
  readonly exitCode: number;
  /** Standard output and error in the order of arrival; head and tail when cut. */
  readonly output: string;
  /** Characters that were dropped from `output`. */
  readonly omitted: number;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  /** The tree's memory limit was exceeded and it was killed. */
  readonly outOfMemory: boolean;
  readonly durationMs: number;
  /** User and system time of the whole process tree. */
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  /** Most processes of the command that were seen at once. */
  readonly peakProcesses: number;
  /** Most open files, sockets and pipes of its processes that were seen at once; missing where the system does not say. */
  readonly peakHandles?: number;
  /** What the process tree wrote to disk, as the system counts it; 0 where it does not, as on file systems in memory. */
  readonly writtenBytes: number;
  /** How it was contained: `bubblewrap`, or `none: <reason>`. */
  readonly sandbox: string;
}

export interface FileChange {
  readonly file: string;
  readonly status: 'added' | 'modified' | 'deleted';
  /** 1-based numbers of added or changed lines in the newer tree; empty for binary files. */
  readonly lines: readonly number[];
}

/** One of several changes that are made together. */
export type FileWrite =
  /** `like` names a file whose executable bit the new one gets, such as the one that it was moved from; default: its own, if it exists. */
  | { readonly type: 'write'; readonly file: string; readonly content: string; readonly like?: string }
  | { readonly type: 'remove'; readonly file: string };

/** What two changes of one tree do not agree on. */
export interface MergeConflict {
  /**
   * `both-edited` the same lines; `deleted-and-edited`; `both-added` with other content; `binary` content that was
   * changed twice; `mode`: executable or not, file or link; `rename`: to other names, onto each other, or deleted;
   * `file-folder`: one is a folder where the other is a file.
   */
  readonly type: 'both-edited' | 'deleted-and-edited' | 'both-added' | 'binary' | 'mode' | 'rename' | 'file-folder';
  /** Every path that is part of it, sorted. */
  readonly files: readonly string[];
  readonly message: string;
  /** Where lines differ; empty where there are no lines to compare. */
  readonly hunks: readonly MergeHunk[];
}

export interface MergeHunk {
  /** 1-based, in the merged file as it would be with ours taken everywhere. */
  readonly line: number;
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

export type MergeResult =
  | { readonly status: 'merged'; readonly tree: string }
  | { readonly status: 'conflicted'; readonly conflicts: readonly MergeConflict[] };

/**
 * A task's files as the framework holds them: a transactional copy of the user's tree. Never handed to an agent,
 * which gets the journaled `Workspace` instead. Paths are relative to `root`, with `/`, and may not leave it,
 * through symbolic links neither.
 */
export interface TaskWorkspace {
  readonly specVersion: 1;
  /** Folder of the copy on this machine. */
  readonly root: string;
  /** The tree as found. */
  readonly base: string;
  /** As in CommandResult. */
  readonly sandbox: string;
  read(file: string): Promise<string>;
  write(file: string, content: string): Promise<void>;
  remove(file: string): Promise<void>;
  /** All of these or none, also when the process is killed in between; each file once. */
  writeAll(writes: readonly FileWrite[]): Promise<void>;
  run(command: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /**
   * Stores the files as they are now and returns their tree hash. Restorable in every later process on this store.
   * `scan: false` says that nobody but this object has touched the files since its last snapshot or restore: after
   * writes alone only those files are looked at; after a command all are.
   */
  snapshot(options?: { readonly scan?: boolean }): Promise<string>;
  /** Makes the files equal to that tree; files that are not part of it are removed. */
  restore(tree: string): Promise<void>;
  /** A patch in git's format that turns `from` into `to`; empty when they are equal. */
  diff(from: string, to: string): Promise<string>;
  changes(from: string, to: string): Promise<readonly FileChange[]>;
  /** Content of one file in a tree; undefined when it is not in it. */
  show(tree: string, file: string): Promise<string | undefined>;
  /** Paths of all files in a tree. */
  files(tree: string): Promise<readonly string[]>;
  /** Joins two changes of `base` into one tree. No file is touched; `restore` makes the files that tree. */
  merge(trees: { readonly base: string; readonly ours: string; readonly theirs: string }): Promise<MergeResult>;
  /** A second, independent copy at that tree: the base beside the change, or a branch of one of several writers. Close it when done. */
  checkout(tree: string): Promise<TaskWorkspace>;
  /** Frees what this copy holds on disk; snapshots stay. */
  close(): Promise<void>;
}
