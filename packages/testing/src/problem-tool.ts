import type { Finding, TaskWorkspace } from '@fw/agents-core';

/** A problem as a checker of the project reports it. */
export interface Problem extends Pick<Finding, 'rule' | 'file' | 'line' | 'message'> {
  /** What it is known by on both trees; by default its file, rule and message. */
  readonly identity?: string;
}

export interface ProblemRun {
  readonly command: readonly string[];
  readonly exitCode: number;
  readonly digests: { readonly [file: string]: string };
  readonly nonce: string;
  readonly outcome: { readonly status: 'read'; readonly problems: readonly Problem[] } | { readonly status: 'unusable'; readonly reason: string };
}

/** A checker that the project itself has set up, such as its compiler, or that is installed beside this package. */
export interface ProblemTool {
  readonly kind: 'types' | 'lint' | 'duplication' | 'dead-code';
  readonly category: 'type' | 'lint' | 'duplication' | 'dead-code';
  readonly severity: Finding['severity'];
  readonly packages: readonly string[];
  /** Why it cannot be used in this project; undefined when it can. */
  unavailable(workspace: TaskWorkspace): Promise<string | undefined>;
  /** `base` is the tree whose settings count. */
  run(workspace: TaskWorkspace, signal: AbortSignal | undefined, base: string): Promise<ProblemRun>;
}
