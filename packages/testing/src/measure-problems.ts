import type { Finding, TaskWorkspace } from '@fw/agents-core';
import { toFindingsResults } from './findings-results.ts';
import type { FindingsResults } from './findings-results.ts';
import { meterRuns } from './meter-runs.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import type { Problem, ProblemRun, ProblemTool } from './problem-tool.ts';
import type { ResourceUsage } from './resource-usage.ts';
import { toolVersions } from './tool-versions.ts';

export interface MeasureProblemsOptions {
  readonly workspace: TaskWorkspace;
  readonly tool: ProblemTool;
  readonly base: string;
  readonly head: string;
  readonly signal?: AbortSignal;
}

/** Runs a checker of the project on both trees; what the base does not have is new. */
export async function measureProblems(options: MeasureProblemsOptions): Promise<Measurement> {
  const { workspace, tool, base, head, signal } = options;
  const startedAt = Date.now();
  const reason = await tool.unavailable(workspace);
  const run = reason === undefined ? await runOn(workspace, head, tool, base, signal) : undefined;
  const before = run?.outcome.status === 'read' && base !== head ? await runOn(workspace, base, tool, base, signal) : run;
  const results = run === undefined || before === undefined ? unavailable(tool, reason ?? '') : compareRuns(tool, run, before);
  const measurement = toMeasurement({ kind: tool.kind, tree: head, startedAt, results, sandbox: workspace.sandbox });
  if (run === undefined) return measurement;
  const { command, exitCode, digests, nonce } = run;
  return { ...measurement, command, exitCode, digests, nonce, toolVersions: await toolVersions(workspace, tool.packages) };
}

interface MeteredRun extends ProblemRun {
  readonly usage: ResourceUsage | undefined;
}

async function runOn(workspace: TaskWorkspace, tree: string, tool: ProblemTool, base: string, signal: AbortSignal | undefined): Promise<MeteredRun> {
  const copy = await workspace.checkout(tree);
  try {
    const metered = meterRuns(copy);
    const run = await tool.run(metered.workspace, signal, base);
    signal?.throwIfAborted();
    return { ...run, usage: metered.usage() };
  } finally {
    await copy.close();
  }
}

function unavailable(tool: ProblemTool, reason: string): FindingsResults {
  return { status: 'unavailable', validator: tool.kind, reason };
}

function compareRuns(tool: ProblemTool, head: MeteredRun, base: MeteredRun): FindingsResults {
  if (head.outcome.status === 'unusable') return { status: 'inconclusive', validator: tool.kind, reason: head.outcome.reason };
  if (base.outcome.status === 'unusable') return unavailable(tool, `it does not run on the base: ${base.outcome.reason}`);
  const old = countByKey(base.outcome.problems);
  const findings = head.outcome.problems.map((problem): Finding => {
    const key = keyOf(problem);
    const left = old.get(key) ?? 0;
    old.set(key, left - 1);
    const { identity: _identity, ...said } = problem;
    return { ...said, source: tool.kind, category: tool.category, severity: tool.severity, isNew: left <= 0 };
  });
  const resources = head.usage === undefined ? {} : { resources: { head: head.usage, ...(base === head || base.usage === undefined ? {} : { base: base.usage }) } };
  return toFindingsResults(tool.kind, findings, resources);
}

/** Lines move with every edit, so a problem is known by its file, rule and text. */
function keyOf(problem: Problem): string {
  return problem.identity ?? `${problem.file}\n${problem.rule}\n${problem.message}`;
}

function countByKey(problems: readonly Problem[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const problem of problems) counts.set(keyOf(problem), (counts.get(keyOf(problem)) ?? 0) + 1);
  return counts;
}
