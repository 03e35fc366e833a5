/** Something that waits for its turn. */
export interface Queued {
  /** Those of one flow share its turns, in their order. */
  readonly flow: string;
  /** In units of the smallest request. */
  readonly cost: number;
  readonly weight: number;
  /** Higher ones go first, until others have waited too long. */
  readonly priority: number;
  readonly since: number;
}

/**
 * Deficit round robin: each flow may spend the same on its turn, times its weight, so a flow with many or large
 * requests does not hold up one with few. What has waited longer than `agingMs` goes first, oldest first.
 */
export interface FairQueue<Job extends Queued> {
  push(job: Job): void;
  /** Whose turn it is; the same until that one is removed. */
  next(now: number): Job | undefined;
  remove(job: Job): boolean;
  /** Counts against the turn of its flow, and removes. */
  take(job: Job): void;
  has(job: Job): boolean;
  size(): number;
  jobs(): IterableIterator<Job>;
}

interface Flow<Job> {
  /** Never empty: a flow is gone with its last job. */
  readonly jobs: [Job, ...Job[]];
  deficit: number;
}

export function createFairQueue<Job extends Queued>(agingMs: number): FairQueue<Job> {
  const flows = new Map<string, Flow<Job>>();
  const all = new Set<Job>();
  /** The order of turns; the first is the one whose turn it is. */
  const ring: Flow<Job>[] = [];
  let chosen: Job | undefined;

  const remove = (job: Job): boolean => {
    if (!all.delete(job)) return false;
    if (chosen === job) chosen = undefined;
    const flow = flows.get(job.flow);
    if (flow === undefined) return true;
    if (flow.jobs.length > 1) {
      flow.jobs.splice(flow.jobs.indexOf(job), 1);
      return true;
    }
    flows.delete(job.flow);
    ring.splice(ring.indexOf(flow), 1);
    return true;
  };

  const byTurn = (): Job | undefined => {
    let highest = -Infinity;
    for (const { jobs: [head] } of ring) highest = Math.max(highest, head.priority);
    for (let flow = ring[0]; flow !== undefined; flow = ring[0]) {
      const [head] = flow.jobs;
      if (head.priority === highest) {
        if (flow.deficit >= head.cost) return head;
        flow.deficit += head.weight;
      }
      ring.shift();
      ring.push(flow);
    }
    return undefined;
  };

  return {
    push(job) {
      all.add(job);
      const flow = flows.get(job.flow);
      if (flow === undefined) {
        const begun: Flow<Job> = { jobs: [job], deficit: 0 };
        flows.set(job.flow, begun);
        ring.push(begun);
        return;
      }
      const behind = flow.jobs.findIndex((other) => other.priority < job.priority);
      flow.jobs.splice(behind < 0 ? flow.jobs.length : behind, 0, job);
    },
    next(now) {
      if (chosen !== undefined || all.size === 0) return chosen;
      // Sets keep the order of arrival.
      const [oldest] = all;
      chosen = oldest !== undefined && now - oldest.since >= agingMs ? oldest : byTurn();
      return chosen;
    },
    remove,
    take(job) {
      const flow = flows.get(job.flow);
      if (flow !== undefined) flow.deficit -= job.cost;
      remove(job);
    },
    has: (job) => all.has(job),
    size: () => all.size,
    jobs: () => all.values(),
  };
}
