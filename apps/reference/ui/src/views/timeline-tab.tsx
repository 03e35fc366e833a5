import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import { useNavigate } from '@tanstack/react-router';
import type { RunInspection, RunSpan } from '@fw/framework';
import { Empty } from '../components/page-state.tsx';
import { Grid } from '../components/grid.tsx';
import type { GridColumn } from '../components/grid.tsx';
import { Plain } from '../components/plain.tsx';
import { formatMs } from '../format.ts';

/** When everything happened, and what the run waited for. */
export function TimelineTab({ run }: { readonly run: RunInspection }): ReactNode {
  const [shown, setShown] = useState<'all' | 'critical' | 'states'>('all');
  const navigate = useNavigate();
  const { spans } = run;
  const [start, end] = useMemo(() => spans.reduce(([low, high], { startedAt, endedAt }) => [Math.min(low, startedAt), Math.max(high, endedAt ?? run.updatedAt)], [Infinity, -Infinity]), [spans, run.updatedAt]);
  const rows = shown === 'all' ? spans : spans.filter(({ kind, critical }) => kind === 'state' || (shown === 'critical' && critical));
  if (spans.length === 0) return <div className="panel"><Empty title="Nothing has happened yet" /></div>;

  const total = Math.max(1, end - start);
  const onPath = spans.filter(({ critical }) => critical).reduce((sum, span) => sum + ((span.endedAt ?? end) - span.startedAt), 0);
  const place = (at: number): string => `${String(((at - start) / total) * 100)}%`;
  const columns: readonly GridColumn<RunSpan>[] = [
    { name: 'What', className: 'clip', cell: (span) => (span.kind === 'state' ? <strong>{span.state}{span.visit > 1 ? ` (${String(span.visit)})` : ''}</strong> : <span className="nested"><span className="quiet">{span.agent === '' ? span.kind : span.agent}</span> <Plain length={80}>{span.label}</Plain></span>) },
    {
      name: <div className="ticks">{[0, 0.25, 0.5, 0.75].map((share) => <span key={share} style={{ left: `${String(share * 100)}%` }}>{formatMs(total * share)}</span>)}</div>,
      cell: (span) => <div className="lane"><span className={lookOf(span)} style={{ left: place(span.startedAt), width: `${String((((span.endedAt ?? end) - span.startedAt) / total) * 100)}%` }} /></div>,
    },
    { name: 'Took', className: 'number quiet', cell: (span) => (span.endedAt === null ? 'goes on' : formatMs(span.endedAt - span.startedAt)) },
  ];
  return (
    <>
      <div className="row">
        <ToggleGroup className="choices" aria-label="What is shown" value={[shown]} onValueChange={(value) => { if (value[0] !== undefined) setShown(value[0] as typeof shown); }}>
          <Toggle value="all">Everything</Toggle><Toggle value="critical">Critical path</Toggle><Toggle value="states">States</Toggle>
        </ToggleGroup>
        <span className="quiet small">{formatMs(total)} in all, {formatMs(onPath)} on the critical path</span>
        <div className="legend push"><span><i className="critical" />critical path</span><span><i />beside it</span><span><i className="wrong" />failed</span><span><i className="waiting" />waits for a person</span></div>
      </div>
      <Grid className="waterfall" label="Waterfall" rows={rows} columns={columns} rowHeight={26} height={`min(${String(rows.length * 26 + 36)}px, calc(100vh - 190px))`} keyOf={(span) => `${span.kind} ${String(span.seq)}`}
        onOpen={({ seq }) => { void navigate({ to: '/runs/$run', params: { run: run.id }, search: { tab: 'steps', step: String(seq) } }); }} />
    </>
  );
}

function lookOf({ kind, critical, ok, endedAt }: RunSpan): string {
  if (kind === 'state') return 'state-span';
  return [kind === 'wait' ? 'waiting' : critical ? 'critical' : '', ok ? '' : 'wrong', endedAt === null ? 'open' : ''].join(' ');
}
