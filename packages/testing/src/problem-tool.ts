import type { Finding, TaskWorkspace } from '@fw/agents-core';

/** A problem as a checker of the project reports it. */
export type Problem = Pick<Finding, 'rule' | 'file' | 'line' | 'message'>;

export interface ProblemRun {
  readonly command: readonly string[];
  readonly exitCode: number;
  readonly digests: { readonly [file: string]: string };
  readonly nonce: string;
  readonly outcome: { readonly status: 'read'; readonly problems: readonly Problem[] } | { readonly status: 'unusable'; readonly reason: string };
}

/** A checker that the project itself has set up: its compiler, its linter. */
export interface ProblemTool {
  readonly kind: 'types' | 'lint';
  readonly category: 'type' | 'lint';
  readonly packages: readonly string[];
  /** Why it cannot be used in this project; undefined when it can. */
  unavailable(workspace: TaskWorkspace): Promise<string | undefined>;
  run(workspace: TaskWorkspace, signal: AbortSignal | undefined): Promise<ProblemRun>;
}
