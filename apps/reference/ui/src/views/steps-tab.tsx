import { useState } from 'react';
import type { ReactNode } from 'react';
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import type { UseQueryResult } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { RunInspection, RunLogLine } from '@fw/framework';
import { Empty, Failure, Loading } from '../components/page-state.tsx';
import { Grid } from '../components/grid.tsx';
import type { GridColumn } from '../components/grid.tsx';
import { KindMark } from '../components/kind-mark.tsx';
import { Plain } from '../components/plain.tsx';
import { StepDetail } from '../components/step-detail.tsx';
import { formatNumber } from '../format.ts';
import { hasEnded } from '../use-run.ts';

type Shown = 'talk' | 'model' | 'tool' | 'runner' | 'all';

const columns: readonly GridColumn<RunLogLine>[] = [
  { name: 'Entry', className: 'number quiet', cell: ({ seq }) => seq },
  { name: <span className="visually-hidden">Kind</span>, cell: ({ origin, ok }) => <KindMark origin={origin} isWrong={ok === false} /> },
  { name: 'Who', className: 'clip quiet', cell: ({ agent, state }) => (agent === '' ? state : agent) },
  { name: 'What', className: 'clip', cell: (line) => <><span className="mono">{line.step.replace(/^tool\./, '')}</span>{line.kind === 'begin' ? <span className="quiet"> begins</span> : null} <span className="quiet"><Plain length={200}>{line.summary ?? line.message ?? ''}</Plain></span></> },
];

/** What was said and done, step by step. */
export function StepsTab({ run, steps }: { readonly run: RunInspection; readonly steps: UseQueryResult<readonly RunLogLine[]> }): ReactNode {
  const { step } = useSearch({ strict: false }) as { readonly step?: string };
  const navigate = useNavigate();
  const [shown, setShown] = useState<Shown>('talk');
  const [text, setText] = useState('');
  if (steps.data === undefined) return <div className="panel">{steps.isError ? <Failure error={steps.error} again={() => { void steps.refetch(); }} /> : <Loading what="steps" lines={12} />}</div>;

  const wanted = text.trim().toLowerCase();
  const rows = steps.data.filter((line) => isShown(line, shown) && (wanted === '' || [line.step, line.agent, line.state, line.summary ?? '', line.message ?? ''].some((part) => part.toLowerCase().includes(wanted))));
  const chosen = step === undefined ? undefined : Number(step);
  return (
    <>
      <div className="row">
        <ToggleGroup className="choices" aria-label="Which steps" value={[shown]} onValueChange={(value) => { if (value[0] !== undefined) setShown(value[0] as Shown); }}>
          <Toggle value="talk">Conversation</Toggle><Toggle value="model">Models</Toggle><Toggle value="tool">Tools</Toggle><Toggle value="runner">Measured</Toggle><Toggle value="all">All entries</Toggle>
        </ToggleGroup>
        <input className="field" type="search" data-search aria-label="Search steps" placeholder="Search steps" value={text} maxLength={200} onChange={(event) => { setText(event.target.value); }} />
        <span className="quiet small push" role="status">{formatNumber(rows.length)} of {formatNumber(steps.data.length)} entries</span>
      </div>
      <div className="split">
        {rows.length === 0 ? <div className="panel"><Empty title="No step is like that" /></div>
          : <Grid className="step-list" label="Steps" rows={rows} columns={columns} rowHeight={30} height={`min(${String(rows.length * 30 + 36)}px, calc(100vh - 190px))`} keyOf={({ seq }) => seq} chosen={chosen} follows={!hasEnded(run.status)}
              onOpen={({ seq }) => { void navigate({ to: '/runs/$run', params: { run: run.id }, search: { tab: 'steps', step: String(seq) }, replace: true }); }} />}
        <StepDetail run={run} seq={chosen} />
      </div>
    </>
  );
}

function isShown({ origin, kind, step }: RunLogLine, shown: Shown): boolean {
  if (shown === 'all') return true;
  if (kind === 'begin') return false;
  if (shown === 'talk') return origin === 'model' || origin === 'tool' || origin === 'runner' || (origin === 'engine' && step === 'leave');
  return origin === shown;
}
