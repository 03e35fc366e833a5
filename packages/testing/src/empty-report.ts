import type { TaskWorkspace } from '@fw/agents-core';
import type { DetectedRunner } from './detect-runner.ts';
import { countCases } from './test-report.ts';
import type { TestReport } from './test-report.ts';

/** The report of a run that never came to its tests. */
export function emptyReport(workspace: TaskWorkspace, plan: DetectedRunner, status: TestReport['status'], reason: string): TestReport {
  return {
    status, reason, ...countCases([]), cases: [], runner: plan.runner, command: plan.command, exitCode: -1, durationMs: 0, cpuMs: 0, peakMemoryBytes: 0,
    sandbox: workspace.sandbox, toolVersions: { node: process.versions.node }, digests: {}, nonce: '',
  };
}
