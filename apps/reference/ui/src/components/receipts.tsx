import type { ReactNode } from 'react';
import { useNavigate } from '@tanstack/react-router';
import type { RunReceipt } from '@fw/framework';
import { formatCost, formatCount, formatDay, formatMs, formatNumber } from '../format.ts';
import { Grid } from './grid.tsx';
import type { GridColumn } from './grid.tsx';
import { Empty } from './page-state.tsx';
import { Plain } from './plain.tsx';

const columns: readonly GridColumn<RunReceipt>[] = [
  { name: 'Model', className: 'clip mono', cell: ({ model }) => <Plain length={100}>{model}</Plain> },
  { name: 'For', className: 'clip quiet', cell: ({ agent, state }) => `${agent} in ${state}` },
  { name: 'Result', className: 'clip', cell: ({ failure, sent }) => (failure === undefined ? <span className="good">answered</span> : <span className="bad">{failure.kind}{sent === false ? ', not sent' : ''}</span>) },
  { name: 'In', className: 'number', cell: ({ usage }) => formatNumber(usage.inputTokens) },
  { name: 'Cached', className: 'number quiet', cell: ({ usage }) => formatNumber(usage.cacheReadTokens) },
  { name: 'Out', className: 'number', cell: ({ usage }) => `${formatNumber(usage.outputTokens)}${usage.estimated ? ' ?' : ''}` },
  { name: 'Cost', className: 'number', cell: ({ usage }) => formatCost(usage.costNanoUsd) },
  { name: 'Took', className: 'number quiet', cell: ({ durationMs }) => formatMs(durationMs) },
  { name: 'When', className: 'number quiet', cell: ({ startedAt }) => formatDay(startedAt) },
];

/** Every request that was made to a model, with what it used. */
export function Receipts({ receipts }: { readonly receipts: readonly RunReceipt[] }): ReactNode {
  const navigate = useNavigate();
  return (
    <section className="stack" style={{ gap: 10 }}>
      <div className="row"><h2>Receipts</h2><span className="quiet small">{formatCount(receipts.length, 'request')}</span></div>
      {receipts.length === 0 ? <div className="panel"><Empty title="No model was asked yet" /></div>
        : <Grid label="Receipts" rows={receipts} columns={columns} template="minmax(120px, 2fr) minmax(120px, 2fr) minmax(90px, 1fr) 72px 64px 64px 84px 76px 112px" rowHeight={30} height={`min(${String(receipts.length * 30 + 36)}px, 420px)`} keyOf={({ id }) => id}
            onOpen={({ run, seq }) => { void navigate({ to: '/runs/$run', params: { run }, search: { tab: 'steps', step: String(seq) } }); }} />}
    </section>
  );
}
