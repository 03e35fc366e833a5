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
  readonly jobs: Job[];
  deficit: number;
}

export function createFairQueue<Job extends Queued>(agingMs: number): FairQueue<Job> {
  const flows = new Map<string, Flow<Job>>();
  const all = new Set<Job>();
  /** The order of turns; the first is the one whose turn it is. */
  let ring: string[] = [];
  let chosen: Job | undefined;

  const remove = (job: Job): boolean => {
    if (!all.delete(job)) return false;
    if (chosen === job) chosen = undefined;
    const flow = flows.get(job.flow);
    if (flow === undefined) return true;
    flow.jobs.splice(flow.jobs.indexOf(job), 1);
    if (flow.jobs.length > 0) return true;
    flows.delete(job.flow);
    ring = ring.filter((name) => name !== job.flow);
    return true;
  };

  const byTurn = (): Job | undefined => {
    const heads = ring.flatMap((name) => flows.get(name)?.jobs[0] ?? []);
    const highest = Math.max(...heads.map((job) => job.priority));
    const eligible = new Set(heads.filter((job) => job.priority === highest).map((job) => job.flow));
    while (eligible.size > 0) {
      const [name] = ring as [string];
      const flow = flows.get(name);
      const head = flow?.jobs[0];
      if (flow !== undefined && head !== undefined && eligible.has(name)) {
        if (flow.deficit >= head.cost) return head;
        flow.deficit += head.weight;
      }
      ring.push(ring.shift() as string);
    }
    return undefined;
  };

  return {
    push(job) {
      all.add(job);
      const flow = flows.get(job.flow);
      if (flow === undefined) {
        flows.set(job.flow, { jobs: [job], deficit: 0 });
        ring.push(job.flow);
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
