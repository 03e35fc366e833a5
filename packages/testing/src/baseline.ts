import type { TaskWorkspace } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { coverageResultsSchema } from './coverage-results.ts';
import type { CoverageResults } from './coverage-results.ts';
import { runOnTree } from './measure-tests.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import type { KindPatterns } from './test-kind.ts';
import { testResultsSchema, toTestResults } from './test-results.ts';
import type { TestResults } from './test-results.ts';

interface BaselineResults {
  readonly tests: TestResults;
  readonly coverage?: CoverageResults;
}

/** The form of `results` in evidence of kind `baseline`. */
export const baselineResultsSchema: z.ZodType<BaselineResults> = withZod((z) => z.object({ tests: testResultsSchema, coverage: coverageResultsSchema.exactOptional() }));

/** Tests and coverage of the base tree, measured on a copy of its own: what a change is compared with. */
export async function createWorkspaceBaseline(options: {
  readonly workspace: TaskWorkspace;
  /** Default the workspace's base. */
  readonly base?: string;
  readonly coverage?: boolean;
  /** As in TestRunnerOptions. */
  readonly kinds?: KindPatterns;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}): Promise<Measurement> {
  const { workspace, base = workspace.base, coverage = true, ...rest } = options;
  const startedAt = Date.now();
  const run = await runOnTree({ ...rest, workspace, base, tree: base, undo: [], coverage });
  const results: BaselineResults = { tests: toTestResults(run.report), ...(run.coverage === undefined ? {} : { coverage: run.coverage }) };
  return toMeasurement({ kind: 'baseline', tree: base, startedAt, report: run.report, results, sandbox: run.report.sandbox });
}
