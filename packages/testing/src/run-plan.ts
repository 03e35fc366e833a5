import { join, posix } from 'node:path';
import type { CommandResult, TaskWorkspace } from '@fw/agents-core';
import { withUniqueIds } from './case-id.ts';
import { clipStart } from './clip.ts';
import type { PlannedCommand, RunnerPlan } from './detect-runner.ts';
import { emptyReport } from './empty-report.ts';
import { joinReports } from './join-reports.ts';
import { createResultFolder } from './result-folder.ts';
import type { ResultFolder } from './result-folder.ts';
import { decideStatus } from './run-status.ts';
import type { CommandRequest, CommandResults } from './runner-adapter.ts';
import { usageOf } from './resource-usage.ts';
import { runnerOfTest } from './runner-of-test.ts';
import { testKindOf } from './test-kind.ts';
import type { KindPatterns } from './test-kind.ts';
import { countCases } from './test-report.ts';
import type { TestCase, TestKind, TestReport } from './test-report.ts';
import { toolVersions } from './tool-versions.ts';

export interface PlannedRun {
  /** Only tests of one kind; without it, whatever the commands run. */
  readonly kind?: TestKind;
  readonly patterns: KindPatterns;
  readonly network?: boolean;
  readonly memoryBytes?: number;
  /** Empty: all of them. */
  readonly files: readonly string[];
  readonly names: readonly string[];
  readonly coverage: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Runs what has to come first, then each command that runs tests, and reads their results. */
export async function runPlan(workspace: TaskWorkspace, plan: RunnerPlan, run: PlannedRun): Promise<TestReport> {
  const started = Date.now();
  const timeLeft = (): number => Math.max(1, run.timeoutMs - (Date.now() - started));
  for (const step of plan.prepare) {
    const result = await workspace.run(['sh', '-c', step], { cwd: plan.directory, env: cleanEnv, timeoutMs: timeLeft(), ...(run.signal === undefined ? {} : { signal: run.signal }) });
    run.signal?.throwIfAborted();
    if (result.exitCode !== 0) return prepareFailed(workspace, plan, step, result);
  }
  let report: TestReport | undefined;
  for (const command of plan.commands) {
    const files = await filesOf(workspace, plan, command, run.files);
    if (run.files.length > 0 && files.length === 0) continue;
    const part = await runCommand(workspace, plan, command, { ...run, files }, timeLeft());
    run.signal?.throwIfAborted();
    report = report === undefined ? part : joinReports(report, part);
  }
  return report ?? emptyReport(workspace, plan, 'no-tests', 'no command runs tests');
}

/** Where several runners share the work, each gets the files that name it, and the last one the others. */
async function filesOf(workspace: TaskWorkspace, plan: RunnerPlan, command: PlannedCommand, files: readonly string[]): Promise<readonly string[]> {
  const runners = [...new Set(plan.commands.map((one) => one.runner))];
  if (files.length === 0 || runners.length === 1) return files;
  const owners = await Promise.all(files.map(async (file) => runnerOfTest(await workspace.read(file).catch(() => ''), runners)));
  return files.filter((_, index) => owners[index] === command.runner);
}

/** CI: no watch mode, no snapshots written by the way. */
const cleanEnv = { CI: 'true', NO_COLOR: '1' };

async function runCommand(workspace: TaskWorkspace, plan: RunnerPlan, command: PlannedCommand, run: PlannedRun, timeoutMs: number): Promise<TestReport> {
  const folder = await createResultFolder();
  try {
    const files = run.files.map((file) => (plan.directory === '.' ? file : posix.relative(plan.directory, file)));
    const request: CommandRequest = { root: workspace.root, directory: join(workspace.root, plan.directory), folder, coverage: run.coverage, files, names: run.names, kind: run.kind ?? 'unit' };
    const built = await command.adapter.build(command, request);
    const result = await workspace.run(built.command, {
      cwd: plan.directory,
      env: { ...cleanEnv, ...built.env },
      writable: [folder.path],
      readable: [folder.tools, ...(built.readable ?? [])],
      network: run.network ?? false,
      timeoutMs,
      maxOutput: 20_000,
      ...(built.stdin === undefined ? {} : { stdin: built.stdin }),
      ...(run.memoryBytes === undefined ? {} : { limits: { memoryBytes: run.memoryBytes } }),
      ...(run.signal === undefined ? {} : { signal: run.signal }),
    });
    const results = await command.adapter.read(request);
    return await toReport(workspace, command, run, recordedCommand(built.command, folder), result, results, folder.nonce);
  } finally {
    await folder.remove();
  }
}

/** Without the paths of this one run, so that the same command is the same evidence again. */
function recordedCommand(command: readonly string[], folder: ResultFolder): readonly string[] {
  return command.map((word) => word.replaceAll(folder.path, '{results}').replaceAll(folder.tools, '{tools}'));
}

async function toReport(workspace: TaskWorkspace, { runner, adapter }: PlannedCommand, run: PlannedRun, command: readonly string[], result: CommandResult, results: CommandResults, nonce: string): Promise<TestReport> {
  const cases = withUniqueIds(results.parsed.cases).map(({ project, ...test }): TestCase => ({ ...test, kind: run.kind ?? (runner === 'playwright' ? 'e2e' : testKindOf(test.file, run.patterns, project)) }));
  const counts = countCases(cases);
  const unsupported = runner === 'unknown' && results.parsed.status === 'unusable' && cases.length === 0 && !result.timedOut;
  const decided = decideStatus(result, unsupported ? { ...results.parsed, reason: 'its test script runs something whose results cannot be read yet' } : results.parsed, counts);
  return {
    ...decided,
    ...counts,
    cases,
    ...(results.coverage === undefined ? {} : { coverage: results.coverage }),
    runner: runner === 'unknown' && cases.length > 0 ? 'node:test' : runner,
    command,
    exitCode: result.exitCode,
    durationMs: result.durationMs,
    cpuMs: result.cpuMs,
    peakMemoryBytes: result.peakMemoryBytes,
    resources: usageOf(result),
    sandbox: result.sandbox,
    toolVersions: await toolVersions(workspace, adapter.packages),
    digests: results.digests,
    nonce,
  };
}

function prepareFailed(workspace: TaskWorkspace, plan: RunnerPlan, step: string, result: CommandResult): TestReport {
  const reason = `"${step}", which the test script runs first, ended with exit code ${result.exitCode}. Last output: ${clipStart(result.output.trim(), 1_500)}`;
  const report = emptyReport(workspace, plan, result.timedOut ? 'timed-out' : 'inconclusive', reason);
  return { ...report, command: ['sh', '-c', step], exitCode: result.exitCode, durationMs: result.durationMs, cpuMs: result.cpuMs, peakMemoryBytes: result.peakMemoryBytes, resources: usageOf(result) };
}
