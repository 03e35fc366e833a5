import type { Artifact, Evidence, Json, RevisionRequest } from '@fw/agents-core';
import { addUsage, noUsage } from '@fw/models';
import type { Attempt, ModelResponse, Usage } from '@fw/models';
import type { JournalEntry } from '@fw/workflow';
import type { StateSummary } from './framework.ts';

/** One entry with the place in the run that its key names, and its output in full. */
export interface PlacedEntry {
  readonly entry: JournalEntry;
  readonly output: Json | undefined;
  /** Empty for entries of the run itself. */
  readonly state: string;
  readonly visit: number;
  /** Empty for entries of the state itself. */
  readonly agent: string;
  /** Name of the step, without counters. */
  readonly step: string;
}

/** Reads the place out of a key such as `run/testing#2/tester#1/tests#1`. */
export function placeEntry(entry: JournalEntry, output: Json | undefined): PlacedEntry {
  const path = entry.key.slice(entry.run.length + 1).split('/');
  const [state = '', visit = '1'] = (path[0] ?? '').split('#');
  const nested = path.length > 1;
  return {
    entry, output,
    state: nested ? state : '',
    visit: Number(visit),
    agent: path.length > 2 ? (path[1]!.split('#')[0] ?? '') : '',
    step: (path.at(-1) ?? '').split('#')[0] ?? '',
  };
}

export const isEnter = ({ entry, agent, step }: PlacedEntry): boolean => entry.origin === 'engine' && agent === '' && step === 'enter' && entry.kind === 'step';
export const isLeave = ({ entry, agent, step }: PlacedEntry): boolean => entry.origin === 'engine' && agent === '' && step === 'leave' && entry.kind === 'step';

/** What `enter` and `leave` entries hold. */
export interface Entered {
  readonly state: string;
  readonly visit: number;
  readonly agents: readonly string[];
}
export interface Left {
  readonly from: string;
  readonly to: string;
  readonly outcome: string;
  readonly event: string;
  readonly code?: string;
  readonly message?: string;
  readonly requests: readonly RevisionRequest[];
  readonly artifacts: readonly Artifact[];
}

export function evidenceIn({ entry, output }: PlacedEntry): readonly Evidence[] {
  return entry.origin === 'runner' && entry.kind === 'step' && Array.isArray(output) ? (output as unknown as readonly Evidence[]) : [];
}

export function responseIn({ entry, output }: PlacedEntry): ModelResponse | undefined {
  return entry.origin === 'model' && entry.kind === 'step' ? (output as unknown as ModelResponse) : undefined;
}

/** All model usage of a run. */
export function usageOf(entries: readonly PlacedEntry[]): Usage {
  return entries.reduce((sum, placed) => addUsage(sum, usageIn(placed)), noUsage);
}

/** Every request of a call, also of one that failed in the end. */
export function attemptsIn({ entry, output }: PlacedEntry): readonly Attempt[] {
  if (entry.origin !== 'model') return [];
  return (output as Partial<ModelResponse> | null | undefined)?.receipt?.attempts ?? [];
}

const usageIn = (placed: PlacedEntry): Usage => attemptsIn(placed).reduce((sum, attempt) => addUsage(sum, attempt.usage), noUsage);

/** One summary for each visit of a state, in order. */
export function summarizeStates(entries: readonly PlacedEntry[]): readonly StateSummary[] {
  const visits = new Map<string, PlacedEntry[]>();
  for (const placed of entries) {
    if (placed.state === '') continue;
    const key = `${placed.state}#${placed.visit}`;
    visits.set(key, [...(visits.get(key) ?? []), placed]);
  }
  return [...visits.values()].flatMap((visit) => {
    const enter = visit.find(isEnter);
    return enter ? [summarizeVisit(enter, visit)] : [];
  });
}

function summarizeVisit(enter: PlacedEntry, visit: readonly PlacedEntry[]): StateSummary {
  const { state, visit: number, agents } = enter.output as unknown as Entered;
  const leave = visit.find(isLeave);
  const left = leave?.output as unknown as Left | undefined;
  const costs = visit.map(commandCost);
  return {
    state, visit: number, agents,
    enteredAt: enter.entry.at,
    durationMs: Math.max(...visit.map(({ entry }) => entry.at)) - enter.entry.at,
    ...(left && { event: left.event, outcome: left.outcome }),
    reasons: left && left.outcome !== 'done' ? reasonsOf(left) : [],
    modelCalls: visit.filter((placed) => placed.entry.origin === 'model' && placed.entry.kind !== 'begin').length,
    toolCalls: visit.filter((placed) => placed.entry.origin === 'tool' && placed.entry.kind !== 'begin').length,
    usage: usageOf(visit),
    cpuMs: Math.round(costs.reduce((sum, cost) => sum + cost.cpuMs, 0)),
    peakMemoryBytes: Math.max(0, ...costs.map((cost) => cost.peakMemoryBytes)),
  };
}

function reasonsOf(left: Left): readonly string[] {
  return left.requests.length > 0 ? left.requests.map((request) => request.what) : left.message === undefined ? [] : [left.message];
}

/** What a command of a tool, or of the runner, took. */
function commandCost(placed: PlacedEntry): { readonly cpuMs: number; readonly peakMemoryBytes: number } {
  const numbers = (value: unknown): { cpuMs: number; peakMemoryBytes: number } => {
    const { cpuMs, peakMemoryBytes } = (value ?? {}) as { readonly cpuMs?: unknown; readonly peakMemoryBytes?: unknown };
    return { cpuMs: typeof cpuMs === 'number' ? cpuMs : 0, peakMemoryBytes: typeof peakMemoryBytes === 'number' ? peakMemoryBytes : 0 };
  };
  if (placed.entry.origin === 'tool') return numbers((placed.output as { readonly meta?: unknown } | null | undefined)?.meta);
  const costs = evidenceIn(placed).map(({ results }) => {
    const { report, tests } = (results ?? {}) as { readonly report?: unknown; readonly tests?: { readonly report?: unknown } };
    return numbers(report ?? tests?.report);
  });
  return { cpuMs: costs.reduce((sum, cost) => sum + cost.cpuMs, 0), peakMemoryBytes: Math.max(0, ...costs.map((cost) => cost.peakMemoryBytes)) };
}

/** What the agents of a state made, as its last entry says. */
export function artifactsIn(placed: PlacedEntry): readonly Artifact[] {
  return isLeave(placed) ? (placed.output as unknown as Left).artifacts : [];
}
