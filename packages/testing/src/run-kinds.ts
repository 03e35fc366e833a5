import type { TaskWorkspace } from '@fw/agents-core';
import { detectRunner, plainCommand, planOf } from './detect-runner.ts';
import type { PlannedCommand, RunnerPlan } from './detect-runner.ts';
import { emptyReport } from './empty-report.ts';
import { joinReports } from './join-reports.ts';
import { listTestFiles } from './list-test-files.ts';
import { placeReport } from './place-report.ts';
import { runPlan } from './run-plan.ts';
import type { PlannedRun } from './run-plan.ts';
import { isBenchmarkFile, isTestFile, testKindOf, testKinds } from './test-kind.ts';
import type { KindPatterns } from './test-kind.ts';
import type { KindReport, TestKind, TestReport } from './test-report.ts';

/** What the tests of a kind are given. */
export interface KindLimits {
  readonly timeoutMs?: number;
  /** Default false; a loopback of its own it has in any case. */
  readonly network?: boolean;
  /** Of all its processes together. */
  readonly memoryBytes?: number;
}

const timeoutMsOf = { unit: 600_000, integration: 1_200_000, e2e: 1_800_000, performance: 1_800_000 } as const;

interface KindsRun extends Omit<PlannedRun, 'timeoutMs' | 'kind' | 'network' | 'memoryBytes'> {
  readonly kinds: readonly TestKind[];
  readonly timeoutMs?: number;
  readonly patterns: KindPatterns;
  readonly limits: { readonly [kind in TestKind]?: KindLimits };
}

/** A command of a plan and those of its files that are of one kind. */
interface Part {
  readonly plan: RunnerPlan;
  readonly files: readonly string[];
}

/** Runs the kinds that are asked for one after the other, each on a copy of its own and within its own limits. */
export async function runKinds(workspace: TaskWorkspace, root: RunnerPlan, run: KindsRun): Promise<TestReport> {
  const tree = await workspace.snapshot();
  const parts = await partsByKind(workspace, root, tree, run);
  const kinds: { [kind in TestKind]?: KindReport } = {};
  let report: TestReport | undefined;
  for (const kind of testKinds.filter((one) => run.kinds.includes(one))) {
    const part = await runKind(workspace, root, tree, kind, parts.get(kind) ?? [], run);
    const { status, reason, passed, failed, skipped, todo, errored, timedOut, durationMs } = part;
    kinds[kind] = { status, ...(reason === undefined ? {} : { reason }), passed, failed, skipped, todo, errored, timedOut, durationMs };
    report = report === undefined ? part : joinReports(report, part);
  }
  return { ...(report ?? emptyReport(workspace, root, 'no-tests', 'no kind of test was asked for')), kinds };
}

async function runKind(workspace: TaskWorkspace, root: RunnerPlan, tree: string, kind: TestKind, parts: readonly Part[], run: KindsRun): Promise<TestReport> {
  if (parts.length === 0) return emptyReport(workspace, root, 'no-tests', `no test file is of kind ${kind}`);
  const { names, signal, limits } = run;
  const { timeoutMs = run.timeoutMs ?? timeoutMsOf[kind], network = false, memoryBytes } = limits[kind] ?? {};
  const ends = Date.now() + timeoutMs;
  const copy = await workspace.checkout(tree);
  try {
    const planned = (files: readonly string[]): PlannedRun => ({
      kind, files, names, network, coverage: run.coverage && kind !== 'performance', patterns: run.patterns, timeoutMs: Math.max(1, ends - Date.now()),
      ...(memoryBytes === undefined ? {} : { memoryBytes }), ...(signal === undefined ? {} : { signal }),
    });
    // What the script of a monorepo's root does first, once.
    let report = root.members.length === 0 ? undefined : await runPlan(copy, root, planned([]));
    if (report !== undefined && report.status !== 'no-tests') return placeReport(report, copy.root, workspace.root);
    for (const { plan, files } of parts) {
      const part = await runPlan(copy, plan, planned(files));
      report = report === undefined || report.cases.length === 0 && report.status === 'no-tests' ? part : joinReports(report, part);
    }
    return placeReport(report ?? emptyReport(workspace, root, 'no-tests', 'no test was found'), copy.root, workspace.root);
  } finally {
    await copy.close();
  }
}

async function partsByKind(workspace: TaskWorkspace, root: RunnerPlan, tree: string, run: KindsRun): Promise<ReadonlyMap<TestKind, readonly Part[]>> {
  const parts = new Map<TestKind, Part[]>();
  const all = (await workspace.files(tree)).filter((file) => run.files.length === 0 || run.files.includes(file));
  const plans = root.members.length === 0 ? [root] : await Promise.all(root.members.map((directory) => detectRunner(workspace, directory)));
  for (const plan of plans) {
    const inside = all.filter((file) => plan.directory === '.' || file.startsWith(`${plan.directory}/`));
    for (const [kind, part] of await partsOfPlan(workspace, plan, inside, run)) parts.set(kind, [...(parts.get(kind) ?? []), part]);
  }
  return parts;
}

async function partsOfPlan(workspace: TaskWorkspace, plan: RunnerPlan, files: readonly string[], run: KindsRun): Promise<readonly (readonly [TestKind, Part])[]> {
  const browser = await browserTests(workspace, plan, files, run.signal);
  const rest = files.filter((file) => !browser.files.includes(file));
  const projects = new Map<string, string>();
  let everyRunnerSaid = plan.commands.length > 0;
  for (const command of plan.commands) {
    const listed = await listTestFiles(workspace, plan, command, run.signal);
    everyRunnerSaid &&= listed !== undefined;
    for (const { file, project } of listed ?? []) projects.set(file, project);
  }
  const candidates = rest.filter((file) => projects.has(file) || isBenchmarkFile(file) || (!everyRunnerSaid && isTestFile(file)));
  const kindOf = (file: string): TestKind => (plan.runner === 'playwright' ? 'e2e' : testKindOf(file, run.patterns, projects.get(file)));
  const own = testKinds.map((kind) => [kind, { plan, files: candidates.filter((file) => kindOf(file) === kind) }] as const);
  return [...own, ['e2e', browser] as const].filter(([, part]) => part.files.length > 0);
}

/** The tests of a project's playwright config, which its test script need not run. */
async function browserTests(workspace: TaskWorkspace, plan: RunnerPlan, files: readonly string[], signal: AbortSignal | undefined): Promise<Part> {
  const prefix = plan.directory === '.' ? '' : `${plan.directory}/`;
  const hasConfig = files.some((file) => /^playwright\.config\.[cm]?[jt]s$/.test(file.slice(prefix.length)) && file.startsWith(prefix));
  if (!hasConfig || plan.runner.split('+').includes('playwright')) return { plan, files: [] };
  const command: PlannedCommand = plainCommand('playwright', ['playwright', 'test']);
  const own = { ...planOf([command], plan.prepare), directory: plan.directory };
  const listed = await listTestFiles(workspace, own, command, signal);
  return { plan: own, files: [...new Set(listed?.map((one) => one.file))].filter((file) => files.includes(file)) };
}
