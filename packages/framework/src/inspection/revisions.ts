import type { Artifact, Evidence, RevisionRequest } from '@fw/agents-core';
import { addUsage, noUsage } from '@fw/models';
import type { Usage } from '@fw/models';
import type { GateResult, Policy, Verdict } from '@fw/testing';
import { verdictOf } from '../guards.ts';
import { artifactsIn, evidenceIn, isLeave, usageOf } from '../run-projection.ts';
import type { Left, PlacedEntry } from '../run-projection.ts';

/** One way through the machine: from where a run was sent back to where it is sent back again, or ends. */
export interface RunRevision {
  /** 0 for the first way, 1 for the first revision, … */
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** First and last entry of it. */
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Why it was begun; null for the first way. */
  readonly asked: AskedRevision | null;
  /** The files that it found, and those that it left; null where the journal does not say. */
  readonly before: string | null;
  readonly after: string | null;
  /** What its evidence says of the files that it left; empty and null when nothing was measured of them. */
  readonly verdict: Verdict['verdict'] | null;
  readonly gates: readonly GateResult[];
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly usage: Usage;
}

export interface AskedRevision {
  /** The state that sent it back, and where to. */
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly requests: readonly ReasonedRequest[];
}

export interface ReasonedRequest extends RevisionRequest {
  /** In one word what it rests on: a gate, a kind of evidence, `guard`, `review`, or the code of what went wrong. */
  readonly reason: string;
}

/** The revisions of a run, oldest first; a pure function of its journal and policy. There is always a first one. */
export function readRevisions(entries: readonly PlacedEntry[], policyOf: (artifacts: readonly Artifact[]) => Policy): readonly RunRevision[] {
  const kinds = new Map(entries.flatMap(evidenceIn).map((one) => [one.id as string, one.kind]));
  const revisions: RunRevision[] = [];
  const evidence: Evidence[] = [];
  const artifacts: Artifact[] = [];
  let asked: AskedRevision | null = null;
  let before = entries.flatMap(evidenceIn).find((one) => one.kind === 'baseline')?.tree ?? null;
  let own: PlacedEntry[] = [];
  const close = (): void => {
    const after = own.findLast(({ entry }) => entry.tree !== undefined)?.entry.tree ?? before;
    evidence.push(...own.flatMap(evidenceIn));
    artifacts.push(...own.flatMap(artifactsIn));
    const isMeasured = after !== null && evidence.some((one) => one.tree === after && one.kind !== 'baseline');
    const verdict = isMeasured ? verdictOf({ evidence, tree: after, policy: policyOf(artifacts) }) : null;
    revisions.push({
      number: revisions.length, asked, before, after,
      startedAt: own[0]?.entry.at ?? 0, endedAt: own.at(-1)?.entry.at ?? 0, fromSeq: own[0]?.entry.seq ?? 0, toSeq: own.at(-1)?.entry.seq ?? 0,
      verdict: verdict?.verdict ?? null, gates: verdict?.gates ?? [],
      modelCalls: own.filter(isCallOf('model')).length, toolCalls: own.filter(isCallOf('tool')).length,
      usage: addUsage(noUsage, usageOf(own)),
    });
    before = after;
    own = [];
  };
  for (const [index, placed] of entries.entries()) {
    own.push(placed);
    if (!isLeave(placed)) continue;
    const left = placed.output as unknown as Left;
    // Sent back for good: the run ended there, and nothing was begun.
    if (left.outcome !== 'revise' || index === entries.length - 1) continue;
    close();
    asked = { from: left.from, to: left.to, event: left.event, requests: left.requests.map((request) => ({ ...request, reason: reasonOf(request, kinds, left) })) };
  }
  close();
  return revisions;
}

const isCallOf = (origin: string) => ({ entry }: PlacedEntry): boolean => entry.origin === origin && entry.kind !== 'begin';

function reasonOf({ id, evidence }: RevisionRequest, kinds: ReadonlyMap<string, string>, { from, code }: Left): string {
  if (id.startsWith('gate/')) return id.slice('gate/'.length);
  const kind = evidence.map((one) => kinds.get(one)).find((one) => one !== undefined);
  if (kind !== undefined) return kind;
  if (id.startsWith('guard/')) return 'guard';
  return code ?? (from === 'testing' ? 'tests' : 'review');
}

/** What flows in "who sent back, why, and where to": how many requests went that way. */
export interface ReasonFlow {
  readonly from: string;
  readonly reason: string;
  readonly to: string;
  readonly count: number;
}

/** Sums the reasons of all revisions; a send-back without a request counts as one. */
export function flowOfReasons(revisions: readonly RunRevision[]): readonly ReasonFlow[] {
  const flows = new Map<string, ReasonFlow>();
  for (const { asked } of revisions) {
    if (asked === null) continue;
    const reasons = asked.requests.length === 0 ? [asked.event] : asked.requests.map(({ reason }) => reason);
    for (const reason of reasons) {
      const key = JSON.stringify([asked.from, reason, asked.to]);
      flows.set(key, { from: asked.from, reason, to: asked.to, count: (flows.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...flows.values()];
}
