import { addUsage, noUsage } from '@fw/models';
import type { Usage } from '@fw/models';
import type { DecidedRun } from './feedback/effect.ts';
import { effectsOf } from './feedback/effect.ts';
import type { KnobDecision, PastOutcome, PastRun } from './feedback/decide.ts';
import type { Stats } from './framework.ts';
import { joinCommands } from './monitoring.ts';
import type { CommandsUse, ProcessUse, RunResources } from './monitoring.ts';
import type { RunReport } from './report.ts';
import { attemptsIn } from './run-projection.ts';
import type { PlacedEntry } from './run-projection.ts';

/** What a run took, state by state and call by call; begun runs have no more than what was decided for them. */
export interface RunMetrics {
  readonly run: string;
  readonly workspace: string;
  /** When it began. */
  readonly at: number;
  readonly status: 'running' | 'waiting' | 'success' | 'failed' | 'cancelled';
  readonly code?: string;
  readonly states: readonly StateMetrics[];
  readonly calls: readonly CallMetrics[];
  readonly commands: readonly CommandsUse[];
  readonly processes: readonly ProcessUse[];
  readonly outcome?: PastOutcome;
  /** Of a run that the policy learns from. */
  readonly feedback?: { readonly context: string; readonly options: PastRun['options']; readonly knobs: readonly Pick<KnobDecision, 'knob' | 'fixed' | 'chosen' | 'applied' | 'numbers'>[] };
}

interface StateMetrics {
  readonly state: string;
  readonly visit: number;
  readonly outcome?: string;
  readonly durationMs: number;
  readonly cpuMs: number;
}

interface CallMetrics {
  readonly agent: string;
  readonly model: string;
  readonly failed: boolean;
  readonly durationMs: number;
  readonly usage: Usage;
}

/** Of a run that has ended or waits. */
export function metricsOf(report: RunReport, entries: readonly PlacedEntry[], resources: RunResources, feedback: RunMetrics['feedback'] | undefined): RunMetrics {
  const { run, status, code, usage } = report.result;
  return {
    run, workspace: report.workspace, at: report.startedAt, status, ...(code !== undefined && { code }),
    states: report.states.map(({ state, visit, outcome, durationMs, cpuMs }) => ({ state, visit, durationMs, cpuMs, ...(outcome !== undefined && { outcome }) })),
    calls: entries.flatMap((placed) => attemptsIn(placed).map((attempt) => ({ agent: placed.agent, model: attempt.model, failed: attempt.failure !== undefined, durationMs: attempt.durationMs, usage: attempt.usage }))),
    commands: resources.commands, processes: resources.processes,
    outcome: {
      success: status === 'success', rework: report.states.filter(({ visit }) => visit > 1).length, latencyMs: workedMs(entries),
      costNanoUsd: usage.costNanoUsd, tokens: usage.inputTokens + usage.outputTokens,
    },
    ...(feedback !== undefined && { feedback }),
  };
}

/** A gap without a step is nobody's work: a person was waited for, or no process worked on it. */
const longestStepMs = 15 * 60_000;

/** From step to step, without what was waited for. */
function workedMs(entries: readonly PlacedEntry[]): number {
  return entries.reduce((sum, { entry }, index) => {
    const before = entries[index - 1]?.entry.at ?? entry.at;
    return entry.kind === 'signal' || entry.kind === 'timer' ? sum : sum + Math.max(0, Math.min(entry.at - before, longestStepMs));
  }, 0);
}

const dayMs = 24 * 60 * 60 * 1_000;

/** The runs that the policy learns from: what people cancelled says nothing, and neither does what was left lying for a day. */
export function pastRuns(metrics: readonly RunMetrics[], now: number): readonly DecidedRun[] {
  return metrics.flatMap(({ workspace, at, status, code, outcome, feedback }): readonly DecidedRun[] => {
    if (feedback === undefined || status === 'cancelled') return [];
    // It has no tokens left: that is what too small a budget comes to.
    const isOver = status === 'success' || status === 'failed' || code === 'FW_MODEL_BUDGET';
    if (!isOver) return now - at < dayMs ? [{ workspace, ...feedback }] : [];
    return outcome === undefined ? [] : [{ workspace, ...feedback, outcome }];
  });
}

export function statsOf(metrics: readonly RunMetrics[], now: number): Stats {
  const runs = metrics.filter(({ status }) => status !== 'running' && status !== 'waiting');
  const states = runs.flatMap((run) => run.states);
  const calls = runs.flatMap((run) => run.calls);
  return {
    runs: runs.length,
    byStatus: Object.fromEntries(groups(runs, (run) => run.status).map(([status, group]) => [status, group.length])),
    states: groups(states, ({ state }) => state).map(([state, visits]) => ({
      state, visits: visits.length, rework: visits.filter(({ visit }) => visit > 1).length, done: visits.filter(({ outcome }) => outcome === 'done').length,
      meanMs: mean(visits.map(({ durationMs }) => durationMs)), cpuMs: sum(visits.map(({ cpuMs }) => cpuMs)),
    })),
    agents: groups(calls, ({ agent }) => agent).map(([agent, group]) => ({ agent, ...callsOf(group) })),
    models: groups(calls, ({ model }) => model).map(([model, group]) => ({ model, ...callsOf(group) })),
    commands: groups(runs.flatMap(({ commands }) => commands), ({ program }) => program).map(([, group]) => joinCommands(group)).map(({ state: _state, ...rest }) => rest),
    processes: describeProcesses(runs.flatMap(({ processes }) => processes)),
    feedback: effectsOf(pastRuns(metrics, now)),
  };
}

function callsOf(calls: readonly CallMetrics[]): Pick<Stats['models'][number], 'calls' | 'failures' | 'meanMs' | 'usage'> {
  return { calls: calls.length, failures: calls.filter(({ failed }) => failed).length, meanMs: mean(calls.map(({ durationMs }) => durationMs)), usage: calls.reduce((total, { usage }) => addUsage(total, usage), noUsage) };
}

function describeProcesses(processes: readonly ProcessUse[]): Stats['processes'] {
  const most = (numbers: readonly number[]): number => numbers.reduce((left, right) => Math.max(left, right), 0);
  return {
    turns: processes.length, cpuMs: sum(processes.map(({ cpuMs }) => cpuMs)), peakMemoryBytes: most(processes.map((one) => one.peakMemoryBytes)),
    maxLoopDelayMs: most(processes.map((one) => one.maxLoopDelayMs)), peakHandles: most(processes.map((one) => one.peakHandles)),
  };
}

const groups = <T>(items: readonly T[], key: (item: T) => string): [string, T[]][] => Object.entries(Object.groupBy(items, key)) as [string, T[]][];
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const mean = (numbers: readonly number[]): number => (numbers.length === 0 ? 0 : Math.round(sum(numbers) / numbers.length));
