import type { Artifact } from './artifact.ts';

/** How `process` ended. Expected outcomes are values; only bugs and lost engines throw. */
export type Result =
  | { readonly status: 'done'; readonly artifacts: readonly Artifact[] }
  | { readonly status: 'revise'; readonly artifacts: readonly Artifact[]; readonly requests: readonly RevisionRequest[] }
  | { readonly status: 'failed'; readonly artifacts: readonly Artifact[]; readonly code: string; readonly message: string };

/**
 * What has to change, where, and which evidence says so. `evidence` holds ids, never the agent's own words. The first
 * line of `what` names what is wrong: by it the same again is known, so what differs each time stands in later lines.
 */
export interface RevisionRequest {
  readonly id: string;
  readonly what: string;
  readonly where?: { readonly file: string; readonly line?: number };
  readonly evidence: readonly string[];
}
