import type { Evidence, Finding } from '@fw/agents-core';
import type { Policy } from './policy.ts';
import type { TestCase, TestCounts } from './test-report.ts';
import type { Verdict } from './verdict.ts';

/** What `fw judge --output json` prints. */
export interface GateReport extends Omit<Verdict, 'tree' | 'base'> {
  readonly version: 1;
  readonly tree: string;
  readonly base: string;
  readonly tests: TestCounts & { readonly cases: readonly Pick<TestCase, 'id' | 'file' | 'status' | 'kind' | 'durationMs' | 'message' | 'flaky'>[] };
  readonly coverage: { readonly lines: number | null; readonly branches: number | null; readonly changedLines: number | null; readonly changedBranches: number | null };
  readonly findings: readonly (Omit<Finding, 'source' | 'suggestion'> & { readonly validator: string })[];
  readonly evidence: readonly Evidence[];
  /** What the verdict was computed with. */
  readonly policy: Policy;
  /** Hex SHA-256 over policy, trees and evidence, each record sealed to the one before. Publish it: any later change gives another. */
  readonly head: string;
}
