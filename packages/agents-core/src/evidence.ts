import type { Json } from '@fw/models';
import type { StepKey } from './step.ts';

/**
 * Written by the framework's runner as the output of one of its own leaves (`origin: 'runner'`), never by an agent.
 * In one process this is a rule, not a wall: code loaded inline is trusted code. What the record proves to a third
 * party is what a recomputation proves: run `command` on `tree` with `toolVersions` again and compare `digests`.
 */
export interface Evidence {
  readonly id: StepKey;
  readonly kind: 'tests' | 'coverage' | 'red-first' | 'performance' | 'security' | 'types' | 'lint' | 'resources' | 'baseline' | (string & {});
  readonly origin: 'runner';
  readonly runner: { readonly version: string; readonly isolated: boolean };
  readonly command: readonly string[];
  readonly exitCode: number;
  /** The tree that was measured. */
  readonly tree: string;
  readonly toolVersions: { readonly [tool: string]: string };
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly results: Json;
  /** Hex SHA-256 of each result file as it was read. */
  readonly digests: { readonly [file: string]: string };
  readonly sandbox: string;
  readonly nonce: string;
}
