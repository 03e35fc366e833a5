import { addUsage, noUsage } from '@fw/models';
import type { Usage } from '@fw/models';
import { usageOf } from '../run-projection.ts';
import type { PlacedEntry } from '../run-projection.ts';
import type { RunSpan } from './spans.ts';

/** What one agent took in one state, all visits together. */
export interface AgentCost {
  readonly state: string;
  readonly agent: string;
  readonly modelCalls: number;
  readonly toolCalls: number;
  /** Of its steps, those that ran side by side counted each. */
  readonly busyMs: number;
  readonly usage: Usage;
}

/** What a run took, by state and agent, in the order in which they came. */
export function readCosts(entries: readonly PlacedEntry[], spans: readonly RunSpan[]): readonly AgentCost[] {
  const costs = new Map<string, { state: string; agent: string; modelCalls: number; toolCalls: number; busyMs: number; usage: Usage }>();
  const costOf = (state: string, agent: string): NonNullable<ReturnType<typeof costs.get>> => {
    const key = JSON.stringify([state, agent]);
    const known = costs.get(key) ?? { state, agent, modelCalls: 0, toolCalls: 0, busyMs: 0, usage: noUsage };
    costs.set(key, known);
    return known;
  };
  for (const placed of entries) {
    const { entry, state, agent } = placed;
    if (agent === '' || entry.kind === 'begin') continue;
    const cost = costOf(state, agent);
    if (entry.origin === 'model') cost.modelCalls += 1;
    if (entry.origin === 'tool') cost.toolCalls += 1;
    cost.usage = addUsage(cost.usage, usageOf([placed]));
  }
  for (const { kind, state, agent, startedAt, endedAt } of spans) {
    if (kind !== 'state' && kind !== 'wait' && agent !== '' && endedAt !== null) costOf(state, agent).busyMs += endedAt - startedAt;
  }
  return [...costs.values()];
}
