import type { TaskWorkspace } from '@fw/agents-core';
import { detectRunner, givenRunner } from './detect-runner.ts';
import type { DetectedRunner, ResultFormat, RunnerPlan } from './detect-runner.ts';
import { emptyReport } from './empty-report.ts';
import { joinReports } from './join-reports.ts';
import { runKinds } from './run-kinds.ts';
import type { KindLimits } from './run-kinds.ts';
import { runPlan } from './run-plan.ts';
import type { PlannedRun } from './run-plan.ts';
import type { KindPatterns } from './test-kind.ts';
import type { TestKind, TestReport } from './test-report.ts';
import { TestingError } from './testing-error.ts';

export interface TestRunnerOptions {
  readonly workspace: TaskWorkspace;
  /** Instead of what `package.json` says. `junit`: `{results}` in it stands for the report's path. */
  readonly command?: readonly string[];
  /** What the command's results are read as; needed with `command`. */
  readonly format?: ResultFormat;
  /** Runs only the tests of one package of a monorepo; its folder, relative to the workspace. */
  readonly directory?: string;
  /** Patterns of test files that are of a kind which neither their runner nor their names tell, such as `{ integration: ['test/db/**'] }`. */
  readonly kinds?: KindPatterns;
  /** What the tests of each kind are given when kinds are asked for; by default 10 minutes for unit, 20 for integration, 30 for e2e and performance tests, and no network. */
  readonly limits?: { readonly [kind in TestKind]?: KindLimits };
}

export interface TestRunOptions {
  /**
   * Runs only test files of these kinds, told by the groups of their runner, by names and folders, and by patterns; one kind
   * after the other, each on a copy of the workspace and within its own limits. Performance tests run one file at a time.
   */
  readonly kinds?: readonly TestKind[];
  readonly coverage?: boolean;
  /** Runs only these test files. */
  readonly files?: readonly string[];
  /** Runs only tests whose names contain one of these. */
  readonly names?: readonly string[];
  readonly signal?: AbortSignal;
  /** For the whole run, or for each kind when kinds are asked for; default 600,000. */
  readonly timeoutMs?: number;
}

export interface TestRunner {
  detect(): Promise<DetectedRunner>;
  /**
   * Runs the project's tests in the workspace's sandbox. What goes wrong with them is the report's status.
   * @throws the signal's reason when it was aborted.
   */
  run(options?: TestRunOptions): Promise<TestReport>;
}

/**
 * Runs a project's own tests and reads what its runner reports to a file outside the workspace.
 * @throws TestingError `FW_TESTING_COMMAND` for a command that cannot be used.
 */
export function createTestRunner(options: TestRunnerOptions): TestRunner {
  const { workspace, command, format, directory, kinds: patterns = {}, limits = {} } = options;
  if ((command === undefined) !== (format === undefined)) {
    throw new TestingError('FW_TESTING_COMMAND', { message: 'A test command and the format of its results belong together. Give both, or neither.' });
  }
  const given = command === undefined || format === undefined ? undefined : givenRunner(command, format);
  return {
    async detect() {
      const { runner, status, reason, command: detected } = given ?? (await detectRunner(workspace, directory));
      return { runner, status, command: detected, ...(reason === undefined ? {} : { reason }) };
    },
    async run(run = {}) {
      const plan = given ?? (await detectRunner(workspace, directory));
      if (plan.status !== 'ready') return emptyReport(workspace, plan, plan.status === 'none' ? 'no-tests' : 'inconclusive', plan.reason ?? '');
      const { kinds, timeoutMs, signal, ...rest } = run;
      const shared = { files: rest.files ?? [], names: rest.names ?? [], coverage: rest.coverage ?? false, patterns, ...(signal === undefined ? {} : { signal }) };
      if (kinds !== undefined) return runKinds(workspace, plan, { ...shared, kinds, limits, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
      const planned: PlannedRun = { ...shared, timeoutMs: timeoutMs ?? 600_000 };
      return plan.members.length === 0 ? runPlan(workspace, plan, planned) : runMembers(workspace, plan, planned);
    },
  };
}

/** One package after the other, after what the script at the root does first. */
async function runMembers(workspace: TaskWorkspace, plan: RunnerPlan, run: PlannedRun): Promise<TestReport> {
  const ends = Date.now() + run.timeoutMs;
  let report = await runPlan(workspace, plan, run);
  if (report.status !== 'no-tests') return report;
  for (const directory of plan.members) {
    const files = run.files.filter((file) => file.startsWith(`${directory}/`));
    if (run.files.length > 0 && files.length === 0) continue;
    const member = await detectRunner(workspace, directory);
    const part = member.status === 'ready' && member.members.length === 0
      ? await runPlan(workspace, member, { ...run, files, timeoutMs: Math.max(1, ends - Date.now()) })
      : emptyReport(workspace, member, member.status === 'none' ? 'no-tests' : 'inconclusive', `${directory}: ${member.reason ?? 'its tests cannot be run here'}`);
    report = report.status === 'no-tests' && report.cases.length === 0 ? part : joinReports(report, part);
  }
  return report;
}
