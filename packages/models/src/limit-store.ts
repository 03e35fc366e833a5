/**
 * Where buckets and slots are kept: in memory for one process, in a store for several. Everything is taken at once or
 * not at all.
 */
export interface LimitStore {
  readonly specVersion: 1;
  take(demand: LimitDemand): Promise<LimitAnswer>;
  /** Gives the slot back and sets right what was taken: what was not used flows back, what was used beyond is owed. */
  settle(settlement: LimitSettlement): Promise<void>;
  /** Keeps slots from being taken back as those of a process that died. */
  renew(endpoint: string, ids: readonly string[], leaseMs: number): Promise<void>;
  /** Lowers what is left in buckets to what the service says; never raises it. */
  lower(endpoint: string, remaining: { readonly [bucket: string]: number }, now: number): Promise<void>;
}

/** What one request needs. Times are epoch milliseconds. */
export interface LimitDemand {
  readonly id: string;
  readonly endpoint: string;
  readonly now: number;
  readonly buckets: readonly BucketDemand[];
  /** How many requests may be under way at once. */
  readonly concurrency?: number;
  /** After this time what is held may be taken for that of a process that died, unless it is renewed. */
  readonly leaseMs: number;
}

export interface BucketDemand {
  readonly name: string;
  readonly capacity: number;
  /** How much flows in, all the time. */
  readonly perSecond: number;
  readonly amount: number;
}

export type LimitAnswer =
  | { readonly status: 'taken' }
  /** When to ask again, and what there is too little of: a bucket, `concurrency`, or `blocked` by the service. */
  | { readonly status: 'wait'; readonly until: number; readonly reason: string };

export interface LimitSettlement {
  readonly id: string;
  readonly endpoint: string;
  readonly now: number;
  /** What was used of each bucket; a bucket that is not named keeps what was taken. */
  readonly used: { readonly [bucket: string]: number };
  /** `refused` is a rate limit of the service: less flows in from then on, until answers let it grow again. */
  readonly outcome: 'answered' | 'refused' | 'failed';
  /** Nothing is given out before this time. */
  readonly blockedUntil?: number;
}
