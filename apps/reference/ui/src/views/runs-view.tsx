import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import type { RunSummary } from '@fw/framework';
import { api } from '../api.ts';
import { Empty, Failure, Loading } from '../components/page-state.tsx';
import { Grid } from '../components/grid.tsx';
import type { GridColumn } from '../components/grid.tsx';
import { Plain } from '../components/plain.tsx';
import { Status } from '../components/status.tsx';
import { formatAgo, formatCount, formatDay, formatMs, formatNumber } from '../format.ts';

const statuses = ['running', 'waiting', 'success', 'failed', 'cancelled'] as const;
const pageSize = 200;

const columns: readonly GridColumn<RunSummary>[] = [
  { name: 'Status', cell: ({ status }) => <Status status={status} /> },
  { name: 'Goal', className: 'clip', cell: ({ id, goal }) => <Link to="/runs/$run" params={{ run: id }} search={{}} tabIndex={-1}><Plain length={300}>{goal}</Plain></Link> },
  { name: 'State', className: 'clip quiet', cell: ({ state, waitingFor }) => <Plain length={60}>{waitingFor ?? state}</Plain> },
  { name: 'Run', className: 'clip mono quiet', cell: ({ id }) => id },
  { name: 'Took', className: 'number', cell: ({ startedAt, updatedAt }) => formatMs(updatedAt - startedAt) },
  { name: 'Begun', className: 'number quiet', cell: ({ startedAt }) => <time dateTime={new Date(startedAt).toISOString()} title={formatDay(startedAt)}>{formatAgo(startedAt)}</time> },
];

export function RunsView(): ReactNode {
  const { status, text } = useSearch({ strict: false }) as { readonly status?: string; readonly text?: string };
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [typed, setTyped] = useState(text ?? '');
  const runs = useInfiniteQuery({
    queryKey: ['runs', status, text], placeholderData: keepPreviousData, initialPageParam: 0,
    queryFn: ({ pageParam }) => api.runs({ status, text, offset: pageParam, limit: pageSize }),
    getNextPageParam: (last, pages) => { const loaded = pages.reduce((sum, page) => sum + page.runs.length, 0); return loaded < last.total ? loaded : undefined; },
  });
  useEffect(() => {
    const source = new EventSource('/api/events');
    source.addEventListener('runs', () => { void queries.invalidateQueries({ queryKey: ['runs'] }); });
    return () => { source.close(); };
  }, [queries]);
  useEffect(() => {
    const timer = setTimeout(() => { if (typed !== (text ?? '')) void navigate({ to: '/', search: { ...(status !== undefined && { status }), ...(typed !== '' && { text: typed }) }, replace: true }); }, 200);
    return () => { clearTimeout(timer); };
  }, [typed, text, status, navigate]);

  const first = runs.data?.pages[0];
  const rows = [...new Map((runs.data?.pages ?? []).flatMap((page) => page.runs).map((run) => [run.id, run])).values()];
  const all = Object.values(first?.counts ?? {}).reduce((sum, count) => sum + count, 0);
  return (
    <>
      <div className="row">
        <h1>Runs</h1>
        <span className="quiet small" role="status">{first === undefined ? '' : first.total === all ? formatCount(all, 'run') : `${formatNumber(first.total)} of ${formatCount(all, 'run')}`}</span>
        <div className="row push">
          <ToggleGroup className="choices" aria-label="Status" value={status === undefined ? [] : [status]} onValueChange={(value) => { void navigate({ to: '/', search: { ...(value[0] !== undefined && { status: String(value[0]) }), ...(text !== undefined && { text }) } }); }}>
            {statuses.map((one) => <Toggle key={one} value={one}>{one}<span className="count">{formatNumber(first?.counts[one] ?? 0)}</span></Toggle>)}
          </ToggleGroup>
          <input className="field" type="search" data-search placeholder="Search goal, id, folder" aria-label="Search runs" value={typed} maxLength={500} onChange={(event) => { setTyped(event.target.value); }} />
        </div>
      </div>
      {runs.isError ? <div className="panel"><Failure error={runs.error} again={() => { void runs.refetch(); }} /></div>
        : first === undefined ? <div className="panel"><Loading what="runs" lines={10} /></div>
        : all === 0 ? <div className="panel"><Empty title="No run yet">Start one in a terminal, and it is shown here while it happens: <code>fw demo</code> needs no key, <code>fw run "…"</code> does real work.</Empty></div>
        : rows.length === 0 ? <div className="panel"><Empty title="No run is like that">Choose another status or search for something else.</Empty></div>
        : <Grid label="Runs" rows={rows} total={first.total} columns={columns} template="108px minmax(180px, 3fr) minmax(96px, 0.8fr) minmax(120px, 1.2fr) 88px 92px" rowHeight={40} height={`min(${String(rows.length * 40 + 36)}px, calc(100vh - 150px))`}
            keyOf={({ id }) => id} onOpen={({ id }) => { void navigate({ to: '/runs/$run', params: { run: id }, search: {} }); }} onEnd={() => { if (runs.hasNextPage && !runs.isFetchingNextPage) void runs.fetchNextPage(); }} />}
    </>
  );
}
