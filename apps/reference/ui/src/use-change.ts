import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api } from './api.ts';
import type { Change } from './api.ts';

interface ChangeAnswer {
  readonly run: string;
  /** Whether it goes on in a process of the dashboard. */
  readonly continued?: boolean;
}

export interface SentChange {
  readonly send: (change: Change, body: object, then?: (answer: ChangeAnswer) => void) => void;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly answer: ChangeAnswer | undefined;
}

/** Sends what a person decides about a run. */
export function useChange(run: string): SentChange {
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: ({ change, body }: { readonly change: Change; readonly body: object }) => api.change(run, change, body),
    onSettled: () => queries.invalidateQueries({ queryKey: ['run', run] }),
  });
  return {
    send: (change, body, then) => { mutation.mutate({ change, body }, then === undefined ? {} : { onSuccess: then }); },
    isBusy: mutation.isPending, error: mutation.error, answer: mutation.data,
  };
}

/** Until the server has said that changes are possible, none is offered. */
export function useIsReadOnly(): boolean {
  return useQuery({ queryKey: ['session'], queryFn: api.session, staleTime: Infinity }).data?.isReadOnly !== false;
}

/** Opens a run that was made here. */
export function useOpenRun(): (run: string) => void {
  const navigate = useNavigate();
  return (run) => { void navigate({ to: '/runs/$run', params: { run }, search: {} }); };
}
