import { useEffect } from 'react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import type { RunInspection, RunLogLine } from '@fw/framework';
import { api } from './api.ts';

const refreshMs = 600;

export const hasEnded = (status: string): boolean => status === 'success' || status === 'failed' || status === 'cancelled';

export function useRun(run: string): UseQueryResult<RunInspection> {
  return useQuery({ queryKey: ['run', run], queryFn: () => api.run(run), staleTime: 0, refetchInterval: ({ state }) => (state.data && hasEnded(state.data.status) ? false : 5_000) });
}

/** All steps so far. */
export function useSteps(run: string): UseQueryResult<readonly RunLogLine[]> {
  return useQuery({
    queryKey: ['steps', run], staleTime: Infinity,
    async queryFn() {
      const steps: RunLogLine[] = [];
      for (let more = true; more;) {
        const page = await api.steps(run, steps.at(-1)?.seq ?? 0);
        steps.push(...page.steps);
        more = page.more;
      }
      return steps;
    },
  });
}

/** Takes in what happens in a run while it does: new steps at once, what follows from them a moment later. */
export function useLive(run: string, steps: readonly RunLogLine[] | undefined, status: string | undefined): void {
  const queries = useQueryClient();
  const isReady = steps !== undefined && status !== undefined && !hasEnded(status);
  useEffect(() => {
    if (!isReady) return undefined;
    const known = queries.getQueryData<readonly RunLogLine[]>(['steps', run]) ?? [];
    const source = new EventSource(`/api/runs/${encodeURIComponent(run)}/events?after=${String(known.at(-1)?.seq ?? 0)}`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ['run', run] });
        void queries.invalidateQueries({ queryKey: ['diff', run] });
      }, refreshMs);
    };
    let arrived: RunLogLine[] = [];
    source.addEventListener('step', (event: MessageEvent<string>) => {
      const line = JSON.parse(event.data) as RunLogLine;
      if (arrived.length === 0) queueMicrotask(() => {
        const fresh = arrived;
        arrived = [];
        queries.setQueryData<readonly RunLogLine[]>(['steps', run], (before = []) => [...before, ...fresh.filter(({ seq }) => seq > (before.at(-1)?.seq ?? 0))]);
      });
      arrived.push(line);
      refresh();
    });
    source.addEventListener('end', () => {
      source.close();
      refresh();
    });
    return () => {
      source.close();
      clearTimeout(timer);
    };
  }, [isReady, run, queries]);
}
