import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { createFairQueue } from './fair-queue.ts';
import type { Queued } from './fair-queue.ts';
import type { BucketDemand, LimitAnswer, LimitDemand, LimitSettlement, LimitStore } from './limit-store.ts';
import { memoryLimitStore } from './memory-limit-store.ts';

/** Lets requests of one endpoint through as its limits allow, in a fair order. */
export interface Limiter {
  /** Resolves when the request may be sent, with how it came to that, or with why it should not wait here. */
  admit(asking: Asking): Promise<Admission>;
  lower(remaining: { readonly [bucket: string]: number }): void;
}

interface Asking {
  readonly flow: string;
  readonly weight: number;
  readonly priority: number;
  /** In units of the smallest request. */
  readonly cost: number;
  readonly maxWaitMs: number;
  /** The same while the service itself has closed the door. */
  readonly maxBlockedMs: number;
  readonly signal: AbortSignal | undefined;
  buckets(): readonly BucketDemand[];
  /** It has to wait, for what, and until when at least. */
  onWait(reason: string, until: number): void;
}

type Admission =
  | { readonly status: 'admitted'; readonly waitedMs: number; settle(settlement: Pick<LimitSettlement, 'used' | 'outcome' | 'blockedUntil'>): Promise<void> }
  | { readonly status: 'too-long'; readonly until: number; readonly reason: string }
  | { readonly status: 'aborted' };

export interface LimiterOptions {
  readonly endpoint: string;
  readonly store: LimitStore;
  readonly clock: Clock;
  readonly concurrency: number | undefined;
  readonly agingMs: number;
  /** The store failed, and a small share of the limits is used without it. */
  readonly onDegraded: (error: unknown) => void;
}

interface Job extends Queued {
  readonly asking: Asking;
  readonly demands: readonly BucketDemand[];
  readonly finish: (admission: Admission) => void;
  toldToWait: boolean;
}

const leaseMs = 60_000;
/** Several processes may have lost the same store: each goes on with this share of the limits. */
const degradedShare = 0.1;

/** So many are let go before the first of them is sent. Building them all takes about a millisecond. */
const mostTogether = 4;

export function createLimiter(options: LimiterOptions): Limiter {
  const { endpoint, store, clock, concurrency } = options;
  const queue = createFairQueue<Job>(options.agingMs);
  const alone = memoryLimitStore();
  const slots = new Set<string>();
  let renewing: NodeJS.Timeout | undefined;
  let degraded = false;
  let pumping = false;
  let together = 0;
  let wake = (): void => undefined;
  /** Something changed since the store was last asked. */
  let changed = false;
  /** When the head of the queue may go, as last seen. */
  let headUntil = 0;
  let headReason = '';

  /** What those in the queue will take of each bucket. */
  const ahead = new Map<string, number>();
  const count = (job: Job, sign: 1 | -1): void => {
    for (const { name, amount } of job.demands) ahead.set(name, (ahead.get(name) ?? 0) + sign * amount);
  };
  const remove = (job: Job): boolean => {
    if (!queue.remove(job)) return false;
    count(job, -1);
    return true;
  };

  const take = async (demand: LimitDemand): Promise<{ readonly answer: LimitAnswer; readonly from: LimitStore }> => {
    try {
      const answer = await store.take(demand);
      degraded = false;
      return { answer, from: store };
    } catch (error) {
      if (!degraded) options.onDegraded(error);
      degraded = true;
      const buckets = demand.buckets.map((bucket) => ({ ...bucket, capacity: Math.max(1, bucket.capacity * degradedShare), perSecond: bucket.perSecond * degradedShare }));
      // Without any figure there is still one request after the other.
      const slot = { concurrency: Math.max(1, Math.floor((demand.concurrency ?? 1) * degradedShare)) };
      return { answer: await alone.take({ ...demand, buckets, ...slot }), from: alone };
    }
  };

  const pump = async (): Promise<void> => {
    changed = true;
    if (pumping) return wake();
    pumping = true;
    try {
      for (let job = queue.next(clock.now()); job !== undefined; job = queue.next(clock.now())) {
        const now = clock.now();
        if (refuseLate(now)) continue;
        changed = false;
        const id = randomUUID();
        const demand = { id, endpoint, now, buckets: job.asking.buckets(), leaseMs, ...(concurrency === undefined ? {} : { concurrency }) };
        const { answer, from } = await take(demand);
        if (answer.status === 'wait') {
          [headUntil, headReason] = [answer.until, answer.reason];
          await waitFor(job, answer, now);
        } else if (queue.has(job)) {
          queue.take(job);
          count(job, -1);
          admit(job, id, from, now);
          // Sent before many more are let go: what leaves late arrives late, and the service counts from then.
          together = (together + 1) % mostTogether;
          if (together === 0 && demand.buckets.length > 0 && queue.size() > 0) await new Promise((resolve) => setImmediate(resolve));
        } else {
          await giveBack(id, from, { used: nothing(demand.buckets), outcome: 'failed' });
        }
      }
    } finally {
      pumping = false;
      headUntil = 0;
    }
  };

  const waitFor = async (job: Job, answer: LimitAnswer & { readonly status: 'wait' }, now: number): Promise<void> => {
    for (const waiting of queue.jobs()) {
      if (waiting.toldToWait) continue;
      waiting.toldToWait = true;
      waiting.asking.onWait(answer.reason, answer.until);
    }
    const { maxWaitMs, maxBlockedMs } = job.asking;
    if (answer.until - job.since > (answer.reason === 'blocked' ? Math.min(maxBlockedMs, maxWaitMs) : maxWaitMs)) {
      remove(job);
      return job.finish({ status: 'too-long', until: answer.until, reason: answer.reason });
    }
    if (changed) return;
    const earliest = Math.min(...[...queue.jobs()].map((waiting) => waiting.since + waiting.asking.maxWaitMs));
    const woken = new AbortController();
    wake = () => woken.abort();
    await clock.sleep(Math.max(1, Math.min(answer.until, earliest) - now), woken.signal);
    wake = () => undefined;
  };

  /** Those who have waited as long as they may; true when there was one. */
  const refuseLate = (now: number): boolean => {
    const late = [...queue.jobs()].filter((job) => now - job.since >= job.asking.maxWaitMs && headUntil > now);
    for (const job of late) {
      remove(job);
      job.finish({ status: 'too-long', until: headUntil, reason: headReason });
    }
    return late.length > 0;
  };

  const admit = (job: Job, id: string, from: LimitStore, now: number): void => {
    slots.add(id);
    renewing ??= setInterval(renew, leaseMs / 3).unref();
    let settled = false;
    job.finish({
      status: 'admitted',
      waitedMs: Math.max(0, now - job.since),
      async settle(settlement) {
        if (settled) return;
        settled = true;
        await giveBack(id, from, settlement);
        void pump();
      },
    });
  };

  const giveBack = async (id: string, from: LimitStore, settlement: Pick<LimitSettlement, 'used' | 'outcome' | 'blockedUntil'>): Promise<void> => {
    slots.delete(id);
    if (slots.size === 0) {
      clearInterval(renewing);
      renewing = undefined;
    }
    try {
      await from.settle({ ...settlement, id, endpoint, now: clock.now() });
    } catch {
      // What was taken stays taken, which errs on the side of the limit; the slot comes back with its lease.
    }
  };

  const renew = (): void => {
    store.renew(endpoint, [...slots], leaseMs).catch(() => undefined);
  };

  /** When a request that comes now would go, if nothing but the limits held it up. */
  const estimateUntil = (asking: Asking, now: number): number => {
    let waitMs = Math.max(0, headUntil - now);
    for (const { name, perSecond } of asking.buckets()) waitMs = Math.max(waitMs, ((ahead.get(name) ?? 0) / perSecond) * 1_000);
    return now + waitMs;
  };

  return {
    async admit(asking) {
      if (asking.signal?.aborted === true) return { status: 'aborted' };
      const since = clock.now();
      if (pumping && Number.isFinite(asking.maxWaitMs)) {
        const until = estimateUntil(asking, since);
        if (until - since > asking.maxWaitMs) return { status: 'too-long', until, reason: headReason };
      }
      const { promise, resolve } = Promise.withResolvers<Admission>();
      const { flow, weight, priority, cost } = asking;
      const job: Job = { flow, weight, priority, cost, since, asking, demands: asking.buckets(), finish: resolve, toldToWait: false };
      const onAbort = (): void => {
        if (!remove(job)) return;
        resolve({ status: 'aborted' });
        wake();
      };
      asking.signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(job);
      count(job, 1);
      void pump();
      try {
        return await promise;
      } finally {
        asking.signal?.removeEventListener('abort', onAbort);
      }
    },
    lower(remaining) {
      store.lower(endpoint, remaining, clock.now()).catch(() => undefined);
    },
  };
}

function nothing(buckets: readonly BucketDemand[]): { readonly [bucket: string]: number } {
  return Object.fromEntries(buckets.map(({ name }) => [name, 0]));
}
