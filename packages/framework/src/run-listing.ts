import type { JournalStore, RunHead } from '@fw/workflow';
import type { RunPage, RunQuery, RunSummary } from './framework.ts';

/** Lists runs by their heads, and reads of the runs themselves only what is asked for. */
export interface RunListing {
  all(): Promise<readonly RunSummary[]>;
  page(query: RunQuery): Promise<RunPage>;
}

/** `read` gives nothing for a run that was removed. */
export function createRunListing(store: Pick<JournalStore, 'heads'>, read: (id: string) => Promise<RunSummary | undefined>): RunListing {
  /** Of runs that have ended: nothing of those changes. */
  const known = new Map<string, RunSummary>();

  const summarize = async (heads: readonly RunHead[]): Promise<readonly RunSummary[]> => {
    const summaries: RunSummary[] = [];
    for (const head of heads) {
      const summary = known.get(head.id) ?? await read(head.id);
      if (summary === undefined) continue;
      if (hasEnded(summary.status)) known.set(head.id, summary);
      summaries.push(summary);
    }
    return summaries;
  };
  const look = async (): Promise<readonly RunHead[]> => {
    const heads = await store.heads();
    const present = new Map(heads.map((head) => [head.id, head.updatedAt]));
    // One that was removed may come again under its name, by an import.
    for (const [id, { updatedAt }] of known) if (present.get(id) !== updatedAt) known.delete(id);
    return heads;
  };

  return {
    all: async () => summarize(await look()),
    async page({ statuses = [], id: beginning = '', text = '', offset = 0, limit = 100 }) {
      const heads = await look();
      // Whether somebody still works on one, and where it is, is seen in the run itself.
      const open = new Map((await summarize(heads.filter(({ status }) => status === 'running'))).map((summary) => [summary.id, summary]));
      const statusOf = ({ id, status }: RunHead): RunSummary['status'] => open.get(id)?.status ?? status;
      const counts: Record<string, number> = {};
      for (const head of heads) counts[statusOf(head)] = (counts[statusOf(head)] ?? 0) + 1;
      const wanted = text.trim().toLowerCase();
      const fitting = heads.filter((head) => head.id.startsWith(beginning) && (statuses.length === 0 || statuses.includes(statusOf(head))));
      const version = versionOf(heads, open);
      const shown = async (some: readonly RunHead[]): Promise<readonly RunSummary[]> => {
        const rest = new Map((await summarize(some.filter(({ id }) => !open.has(id)))).map((summary) => [summary.id, summary]));
        return some.flatMap(({ id }) => open.get(id) ?? rest.get(id) ?? []);
      };
      if (wanted === '') return { runs: await shown(fitting.slice(offset, offset + limit)), total: fitting.length, counts, version };
      const found = (await shown(fitting)).filter((run) => [run.id, run.goal, run.workspace, run.state].some((part) => part.toLowerCase().includes(wanted)));
      return { runs: found.slice(offset, offset + limit), total: found.length, counts, version };
    },
  };
}

const hasEnded = (status: RunSummary['status']): boolean => status !== 'running' && status !== 'waiting';

/** Another one whenever a run came, went or moved. */
function versionOf(heads: readonly RunHead[], open: ReadonlyMap<string, RunSummary>): string {
  let sum = 0;
  for (const { updatedAt, status } of heads) sum = (sum * 31 + updatedAt + status.length * 7) % 9_007_199_254_740_881;
  for (const { status, state } of open.values()) sum = (sum * 31 + status.length * 7 + state.length) % 9_007_199_254_740_881;
  return `${String(heads.length)}-${sum.toString(36)}`;
}
