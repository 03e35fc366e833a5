import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { addUsage, noUsage } from '@fw/models';
import type { Usage } from '@fw/models';
import type { Stats } from './framework.ts';
import type { RunReport } from './report.ts';
import { responseIn } from './run-projection.ts';
import type { PlacedEntry } from './run-projection.ts';

/** One line of the file of metrics: what a finished run took, state by state and call by call, summed up. */
interface RunMetrics {
  readonly run: string;
  readonly status: string;
  readonly states: readonly { readonly state: string; readonly visit: number; readonly durationMs: number; readonly cpuMs: number }[];
  readonly calls: readonly { readonly agent: string; readonly model: string; readonly failed: boolean; readonly usage: Usage }[];
}

const fileOf = (home: string): string => path.join(home, 'metrics.ndjson');

/** Notes a finished run. A run that is noted twice counts once. */
export async function noteMetrics(home: string, report: RunReport, entries: readonly PlacedEntry[]): Promise<void> {
  const metrics: RunMetrics = {
    run: report.result.run,
    status: report.result.status,
    states: report.states.map(({ state, visit, durationMs, cpuMs }) => ({ state, visit, durationMs, cpuMs })),
    calls: entries.flatMap((placed) => (responseIn(placed)?.receipt.attempts ?? []).map((attempt) => ({ agent: placed.agent, model: attempt.model, failed: attempt.failure !== undefined, usage: attempt.usage }))),
  };
  await appendFile(fileOf(home), `${JSON.stringify(metrics)}\n`, { mode: 0o600 });
}

export async function readStats(home: string): Promise<Stats> {
  const runs = [...(await readMetrics(home)).values()];
  const states = runs.flatMap((run) => run.states);
  const calls = runs.flatMap((run) => run.calls);
  return {
    runs: runs.length,
    byStatus: Object.fromEntries(groups(runs, (run) => run.status).map(([status, group]) => [status, group.length])),
    states: groups(states, ({ state }) => state).map(([state, visits]) => ({
      state, visits: visits.length, rework: visits.filter(({ visit }) => visit > 1).length,
      meanMs: Math.round(sum(visits.map(({ durationMs }) => durationMs)) / visits.length), cpuMs: sum(visits.map(({ cpuMs }) => cpuMs)),
    })),
    agents: groups(calls, ({ agent }) => agent).map(([agent, group]) => ({ agent, calls: group.length, usage: usageOf(group) })),
    models: groups(calls, ({ model }) => model).map(([model, group]) => ({ model, calls: group.length, failures: group.filter(({ failed }) => failed).length, usage: usageOf(group) })),
  };
}

/** A line that a crash cut off is left out. */
async function readMetrics(home: string): Promise<Map<string, RunMetrics>> {
  const text = await readFile(fileOf(home), 'utf8').catch(() => '');
  const runs = new Map<string, RunMetrics>();
  for (const line of text.split('\n')) {
    try {
      const metrics = JSON.parse(line) as RunMetrics;
      runs.set(metrics.run, metrics);
    } catch {
      continue;
    }
  }
  return runs;
}

const groups = <T>(items: readonly T[], key: (item: T) => string): [string, T[]][] => Object.entries(Object.groupBy(items, key)) as [string, T[]][];
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const usageOf = (calls: readonly { readonly usage: Usage }[]): Usage => calls.reduce((total, call) => addUsage(total, call.usage), noUsage);
