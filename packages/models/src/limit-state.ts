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
  /** What the service has left if everything that was sent arrives as late as it may. */
  readonly level: number;
  readonly at: number;
  /** What was sent and may not have arrived yet, oldest first. */
  readonly late?: readonly Late[];
}

interface Late {
  readonly from: number;
  readonly amount: number;
}

export interface Holding {
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
 * Requests arrive some time after they left, each a little differently, and a full bucket of the service gains nothing
 * until then. What is given out allows for arrivals this much later: the margin that is kept. It is less where a bucket
 * is so small that the rate could not be used otherwise.
 */
const latestMs = 100;
const shareOfBucket = 0.7;
const shareOfInterval = 0.1;
/** Requests within a fifth of that count as one, which left with the last of them. */
const slotsOfLateness = 5;
const epsilon = 1e-9;
const longestLeaseMs = 3_600_000;

/**
 * Takes everything that is asked for, or says when to ask again. Leases are measured by a clock of their own, which
 * must not be set while they run.
 */
export function takeFrom(state: LimitState, demand: LimitDemand, leaseNow: number): { readonly state: LimitState; readonly answer: LimitAnswer } {
  const held = withoutExpired(state.held, leaseNow);
  const current = held === state.held ? state : { ...state, held };
  const taken = takeBeside(current, demand, demand.concurrency === undefined ? 0 : slots(held), leaseNow + demand.leaseMs);
  return { state: taken.holding === undefined ? taken.state : { ...taken.state, held: { ...held, [demand.id]: taken.holding } }, answer: taken.answer };
}

/** The same beside so many requests that have a slot, for a store that keeps what is held itself: a copy of it each time would cost more the more there are. */
export function takeBeside(state: LimitState, demand: LimitDemand, slotsTaken: number, leaseUntil: number): { readonly state: LimitState; readonly answer: LimitAnswer; readonly holding?: Holding } {
  const { now } = demand;
  const rebased: { [name: string]: Level } = {};
  const wait = (until: number, reason: string) => ({ state: Object.keys(rebased).length === 0 ? state : { ...state, buckets: { ...state.buckets, ...rebased } }, answer: { status: 'wait', until: Math.ceil(until), reason } as const });

  const blockedUntil = blockEnd(state, now);
  if (blockedUntil !== undefined) return wait(blockedUntil, 'blocked');
  if (demand.concurrency !== undefined && slotsTaken >= demand.concurrency) return wait(now + slotPollMs, 'concurrency');

  const buckets: { [name: string]: Level } = { ...state.buckets };
  const taken: { [name: string]: { readonly amount: number; readonly capacity: number } } = {};
  let latest: { until: number; reason: string } | undefined;
  for (const bucket of demand.buckets) {
    const { name, amount, capacity } = bucket;
    const before = levelAt(state, bucket, now);
    // The clock was set back: without this the bucket would not fill before it is as late again.
    if (now < (state.buckets[name]?.at ?? 0) - jumpMs) rebased[name] = before;
    // A request larger than the bucket waits for a full one and leaves it in debt.
    const until = timeOf(before, bucket, state.factor, Math.min(amount, capacity));
    if (until > now + epsilon && (latest === undefined || until > latest.until)) latest = { until, reason: name };
    buckets[name] = sent(before, bucket);
    taken[name] = { amount, capacity };
  }
  if (latest !== undefined) return wait(latest.until, latest.reason);
  // Nothing is held, so there is nothing to give back.
  if (demand.buckets.length === 0 && demand.concurrency === undefined) return { state, answer: { status: 'taken' } };
  return { state: { ...state, buckets }, answer: { status: 'taken' }, holding: { taken, leaseUntil, slot: demand.concurrency !== undefined } };
}

/** The state after a request that had taken from it. */
export function settleIn(state: LimitState, settlement: LimitSettlement): LimitState {
  const { [settlement.id]: holding, ...held } = state.held;
  return settleHolding({ ...state, held }, settlement, holding);
}

/** The same with what that request held, for a store that keeps it itself. */
export function settleHolding(state: LimitState, settlement: LimitSettlement, holding: Holding | undefined): LimitState {
  const buckets: { [name: string]: Level } = { ...state.buckets };
  for (const [name, { amount, capacity }] of Object.entries(holding?.taken ?? {})) {
    const used = settlement.used[name];
    const before = buckets[name];
    if (used !== undefined && before !== undefined) buckets[name] = returned(before, amount - used, capacity);
  }
  const factor =
    settlement.outcome === 'refused' ? Math.max(lowestFactor, state.factor * 0.7) : settlement.outcome === 'answered' ? Math.min(1, state.factor * 1.01) : state.factor;
  const block = laterBlock(state, settlement);
  return { buckets, held: state.held, factor, ...(block === undefined ? {} : { block }) };
}

/** The state with what the service says is left, where that is less. */
export function lowerIn(state: LimitState, remaining: { readonly [bucket: string]: number }): LimitState {
  const entries = Object.entries(state.buckets).map(([name, before]) => [name, { ...before, level: Math.min(before.level, (remaining[name] ?? Infinity) + onTheWay(before)) }] as const);
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

function levelAt(state: LimitState, bucket: BucketDemand, now: number): Level {
  const known = state.buckets[bucket.name];
  if (known === undefined) return { level: bucket.capacity, at: now };
  if (now < known.at - jumpMs) return { level: Math.min(bucket.capacity, known.level - onTheWay(known)), at: now };
  let level = known;
  for (const arrived of known.late ?? []) {
    if (arrivalOf(arrived, bucket) > now) break;
    level = arrive(level, bucket, state.factor);
  }
  return now <= level.at ? level : { ...level, level: filled(level, bucket, state.factor, now), at: now };
}

/** The level at the arrival of the first that is on the way, without it. */
function arrive({ level, at, late: [first, ...others] = [] }: Level, bucket: BucketDemand, factor: number): Level {
  if (first === undefined) return { level, at };
  const time = Math.max(at, arrivalOf(first, bucket));
  return { level: filled({ level, at }, bucket, factor, time) - first.amount, at: time, ...(others.length === 0 ? {} : { late: others }) };
}

function filled({ level, at }: Level, { capacity, perSecond }: BucketDemand, factor: number, time: number): number {
  return Math.min(capacity, level + ((time - at) / 1_000) * perSecond * factor);
}

/** When so much may be sent, which is at most a full bucket. */
function timeOf(from: Level, bucket: BucketDemand, factor: number, amount: number): number {
  const perMs = (bucket.perSecond * factor) / 1_000;
  let level = from;
  for (;;) {
    const needed = amount + onTheWay(level);
    const [first] = level.late ?? [];
    const time = level.at + Math.max(0, needed - level.level - epsilon) / perMs;
    if (first === undefined || (needed <= bucket.capacity + epsilon && time <= arrivalOf(first, bucket))) return time;
    level = arrive(level, bucket, factor);
  }
}

function sent({ level, at, late = [] }: Level, bucket: BucketDemand): Level {
  const { amount } = bucket;
  const last = late.at(-1);
  if (last === undefined || at - last.from > latenessOf(bucket) / slotsOfLateness) return { level, at, late: [...late, { from: at, amount }] };
  return { level, at, late: [...late.slice(0, -1), { from: last.from, amount: last.amount + amount }] };
}

/** What was not used flows back, first from what is still on the way; what was used beyond is owed. */
function returned({ level, at, late = [] }: Level, amount: number, capacity: number): Level {
  let left = amount;
  const kept: Late[] = [];
  for (const one of late.toReversed()) {
    const back = Math.max(0, Math.min(left, one.amount));
    left -= back;
    if (one.amount > back) kept.unshift({ from: one.from, amount: one.amount - back });
  }
  return { level: Math.min(capacity, level + left), at, ...(kept.length === 0 ? {} : { late: kept }) };
}

function onTheWay({ late = [] }: Level): number {
  return late.reduce((sum, { amount }) => sum + amount, 0);
}

function arrivalOf({ from }: Late, bucket: BucketDemand): number {
  return from + latenessOf(bucket) * (1 + 1 / slotsOfLateness);
}

/** How much later than it left a request may arrive without anything being over the limit. */
export function latenessOf({ capacity, perSecond }: Pick<BucketDemand, 'capacity' | 'perSecond'>): number {
  return Math.min(latestMs, (Math.max(shareOfInterval, (capacity - 1) * shareOfBucket) / perSecond) * 1_000);
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
