import type { TaskWorkspace } from '@fw/agents-core';
import { detectRunner, givenRunner } from './detect-runner.ts';
import type { DetectedRunner, ResultFormat, RunnerPlan } from './detect-runner.ts';
import { emptyReport } from './empty-report.ts';
import { joinReports } from './join-reports.ts';
import { runPlan } from './run-plan.ts';
import type { PlannedRun } from './run-plan.ts';
import { isTestFile, testKindOf } from './test-kind.ts';
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
  /** Patterns of test files that are of a kind which their names do not tell, such as `{ integration: ['test/db/**'] }`. */
  readonly kinds?: KindPatterns;
}

export interface TestRunOptions {
  /** Runs only test files of these kinds, told by their names and folders. */
  readonly kinds?: readonly TestKind[];
  readonly coverage?: boolean;
  /** Runs only these test files. */
  readonly files?: readonly string[];
  /** Runs only tests whose names contain one of these. */
  readonly names?: readonly string[];
  readonly signal?: AbortSignal;
  /** For the whole run; default 600,000. */
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
  const { workspace, command, format, directory, kinds = {} } = options;
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
      const files = await filesToRun(workspace, run, kinds);
      if (files?.length === 0) return emptyReport(workspace, plan, 'no-tests', `no test file is of kind ${run.kinds?.join(' or ') ?? ''}`);
      const planned: PlannedRun = {
        files: files ?? [],
        names: run.names ?? [],
        coverage: run.coverage ?? false,
        timeoutMs: run.timeoutMs ?? 600_000,
        ...(run.signal === undefined ? {} : { signal: run.signal }),
      };
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

/** Undefined: no restriction. */
async function filesToRun(workspace: TaskWorkspace, run: TestRunOptions, patterns: KindPatterns): Promise<readonly string[] | undefined> {
  const { kinds, files } = run;
  if (kinds === undefined) return files === undefined || files.length === 0 ? undefined : files;
  const candidates = files ?? (await workspace.files(await workspace.snapshot())).filter(isTestFile);
  return candidates.filter((file) => kinds.includes(testKindOf(file, patterns)));
}
