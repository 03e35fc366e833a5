import { addUsage, noUsage } from '@fw/models';
import type { Usage } from '@fw/models';
import { evidenceIn, usageOf } from '../run-projection.ts';
import type { PlacedEntry } from '../run-projection.ts';
import { readSpans } from './spans.ts';

/** What an agent, a tool or a validator did, by the name that it was registered with. */
export interface ContributionUse {
  readonly kind: 'agents' | 'tools' | 'validators';
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly durationMs: number;
  /** Of models, for it; only agents call any. */
  readonly usage: Usage;
}

/** Sums what the parts of a team did in the journal of one run. */
export function readContributionUse(entries: readonly PlacedEntry[]): readonly ContributionUse[] {
  const uses: ContributionUse[] = [];
  for (const { kind, label, agent, state, visit, ok, startedAt, endedAt } of readSpans(entries)) {
    if (endedAt === null || kind === 'state' || kind === 'wait') continue;
    if (kind === 'tool') uses.push({ kind: 'tools', name: label, calls: 1, errors: ok ? 0 : 1, durationMs: endedAt - startedAt, usage: noUsage });
    // An agent is called once a visit; what of its time passed outside of its steps is not known.
    if (agent !== '') uses.push({ kind: 'agents', name: JSON.stringify([agent, state, visit]), calls: 0, errors: ok ? 0 : 1, durationMs: endedAt - startedAt, usage: noUsage });
  }
  for (const placed of entries) {
    if (placed.agent !== '' && placed.entry.origin === 'model') uses.push({ kind: 'agents', name: JSON.stringify([placed.agent, placed.state, placed.visit]), calls: 0, errors: 0, durationMs: 0, usage: usageOf([placed]) });
    for (const { results, durationMs } of evidenceIn(placed)) {
      const { validator, status } = (results ?? {}) as { readonly validator?: unknown; readonly status?: unknown };
      if (typeof validator === 'string') uses.push({ kind: 'validators', name: validator, calls: 1, errors: status === 'failed' || status === 'inconclusive' ? 1 : 0, durationMs, usage: noUsage });
    }
  }
  const visits = sumUses(uses);
  return sumUses(visits.map((use) => (use.kind === 'agents' ? { ...use, calls: 1, name: String((JSON.parse(use.name) as readonly unknown[])[0]) } : use)));
}

/** One line for each kind and name. */
export function sumUses(uses: readonly ContributionUse[]): readonly ContributionUse[] {
  const sums = new Map<string, ContributionUse>();
  for (const use of uses) {
    const key = `${use.kind} ${use.name}`;
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? use : {
      ...sum, calls: sum.calls + use.calls, errors: sum.errors + use.errors, durationMs: sum.durationMs + use.durationMs, usage: addUsage(sum.usage, use.usage),
    });
  }
  return [...sums.values()];
}
