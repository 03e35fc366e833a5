import type { BucketDemand, LimitAnswer, LimitDemand, LimitSettlement } from './limit-store.ts';

/** What a store keeps about one endpoint: plain JSON. */
export interface LimitState {
  readonly buckets: { readonly [name: string]: Level };
  readonly held: { readonly [id: string]: Holding };
  /** Share of the configured rates that flows in. */
  readonly factor: number;
  readonly block?: { readonly at: number; readonly forMs: number };
}

interface Level {
  readonly level: number;
  readonly at: number;
}

interface Holding {
  readonly taken: { readonly [bucket: string]: { readonly amount: number; readonly capacity: number } };
  readonly leaseUntil: number;
  readonly slot: boolean;
}

export const freshState: LimitState = { buckets: {}, held: {}, factor: 1 };

const lowestFactor = 0.3;
/** How long to wait before looking again whether another holder gave its slot back. */
const slotPollMs = 50;
/** A clock that went back further than this was set; less is two processes that looked at it in another order. */
const jumpMs = 1_000;
/**
 * Requests that leave at once arrive spread over time. A bucket that was full begins to fill this much later, so that
 * the service never sees the next one too early.
 */
const spreadMs = 100;
const epsilon = 1e-9;
const longestLeaseMs = 3_600_000;

/**
 * Takes everything that is asked for, or says when to ask again. Leases are measured by a clock of their own, which
 * must not be set while they run.
 */
export function takeFrom(state: LimitState, demand: LimitDemand, leaseNow: number): { readonly state: LimitState; readonly answer: LimitAnswer } {
  const { now } = demand;
  const held = withoutExpired(state.held, leaseNow);
  const current = held === state.held ? state : { ...state, held };
  const rebased: { [name: string]: Level } = {};
  const wait = (until: number, reason: string) => ({ state: Object.keys(rebased).length === 0 ? current : { ...current, buckets: { ...state.buckets, ...rebased } }, answer: { status: 'wait', until: Math.ceil(until), reason } as const });

  const blockedUntil = blockEnd(state, now);
  if (blockedUntil !== undefined) return wait(blockedUntil, 'blocked');
  if (demand.concurrency !== undefined && slots(held) >= demand.concurrency) return wait(now + slotPollMs, 'concurrency');

  const buckets: { [name: string]: Level } = { ...state.buckets };
  let latest: { until: number; reason: string } | undefined;
  for (const bucket of demand.buckets) {
    const before = levelAt(state, bucket, now);
    // The clock was set back: without this the bucket would not fill before it is as late again.
    if (now < (state.buckets[bucket.name]?.at ?? 0) - jumpMs) rebased[bucket.name] = before;
    // A request larger than the bucket waits for a full one and leaves it in debt.
    const missing = Math.min(bucket.amount, bucket.capacity) - before.level;
    if (missing > epsilon) {
      const until = Math.max(before.at, now) + (missing / (bucket.perSecond * state.factor)) * 1_000;
      if (latest === undefined || until > latest.until) latest = { until, reason: bucket.name };
    }
    const wasFull = before.level >= bucket.capacity - epsilon;
    buckets[bucket.name] = { level: before.level - bucket.amount, at: wasFull ? Math.max(before.at, now) + spreadMs : before.at };
  }
  if (latest !== undefined) return wait(latest.until, latest.reason);
  // Nothing is held, so there is nothing to give back.
  if (demand.buckets.length === 0 && demand.concurrency === undefined) return { state: current, answer: { status: 'taken' } };
  const taken = Object.fromEntries(demand.buckets.map(({ name, amount, capacity }) => [name, { amount, capacity }]));
  const holding: Holding = { taken, leaseUntil: leaseNow + demand.leaseMs, slot: demand.concurrency !== undefined };
  return { state: { ...current, buckets, held: { ...held, [demand.id]: holding } }, answer: { status: 'taken' } };
}

/** The state after a request that had taken from it. */
export function settleIn(state: LimitState, settlement: LimitSettlement): LimitState {
  const { [settlement.id]: holding, ...held } = state.held;
  const buckets: { [name: string]: Level } = { ...state.buckets };
  for (const [name, { amount, capacity }] of Object.entries(holding?.taken ?? {})) {
    const used = settlement.used[name];
    const before = buckets[name];
    if (used !== undefined && before !== undefined) buckets[name] = { ...before, level: Math.min(capacity, before.level + amount - used) };
  }
  const factor =
    settlement.outcome === 'refused' ? Math.max(lowestFactor, state.factor * 0.7) : settlement.outcome === 'answered' ? Math.min(1, state.factor * 1.01) : state.factor;
  const block = laterBlock(state, settlement);
  return { buckets, held, factor, ...(block === undefined ? {} : { block }) };
}

/** The state with what the service says is left, where that is less. */
export function lowerIn(state: LimitState, remaining: { readonly [bucket: string]: number }): LimitState {
  const entries = Object.entries(state.buckets).map(([name, before]) => [name, { ...before, level: Math.min(before.level, remaining[name] ?? Infinity) }] as const);
  return { ...state, buckets: Object.fromEntries(entries) };
}

/** The state with longer leases. */
export function renewIn(state: LimitState, ids: readonly string[], leaseUntil: number): LimitState {
  const held = { ...state.held };
  for (const id of ids) {
    const holding = held[id];
    if (holding !== undefined) held[id] = { ...holding, leaseUntil };
  }
  return { ...state, held };
}

function levelAt(state: LimitState, { name, capacity, perSecond }: BucketDemand, now: number): Level {
  const known = state.buckets[name];
  if (known === undefined) return { level: capacity, at: now };
  if (now < known.at - jumpMs) return { level: Math.min(capacity, known.level), at: now };
  const elapsedMs = Math.max(0, now - known.at);
  return { level: Math.min(capacity, known.level + (elapsedMs / 1_000) * perSecond * state.factor), at: Math.max(known.at, now) };
}

function blockEnd({ block }: LimitState, now: number): number | undefined {
  if (block === undefined) return undefined;
  const end = block.at + block.forMs;
  // A clock that was set back would make the block last longer than the service asked for.
  return end > now && now >= block.at - jumpMs ? end : undefined;
}

function laterBlock(state: LimitState, { now, blockedUntil }: LimitSettlement): LimitState['block'] {
  const until = blockEnd(state, now);
  if (blockedUntil === undefined || blockedUntil <= now || (until !== undefined && until >= blockedUntil)) return until === undefined ? undefined : state.block;
  return { at: now, forMs: blockedUntil - now };
}

function withoutExpired(held: LimitState['held'], now: number): LimitState['held'] {
  // A lease further away than any can be is of before the machine, and its clock, was started.
  const isLive = ({ leaseUntil }: Holding): boolean => leaseUntil > now && leaseUntil - now < longestLeaseMs;
  return Object.values(held).every(isLive) ? held : Object.fromEntries(Object.entries(held).filter(([, holding]) => isLive(holding)));
}

function slots(held: LimitState['held']): number {
  return Object.values(held).filter(({ slot }) => slot).length;
}
