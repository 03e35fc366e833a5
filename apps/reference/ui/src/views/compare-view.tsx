import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { FileDiff, RunInspection } from '@fw/framework';
import { api } from '../api.ts';
import { DiffFiles } from '../components/diff-files.tsx';
import { Empty, Failure, Loading } from '../components/page-state.tsx';
import { Plain } from '../components/plain.tsx';
import { Status } from '../components/status.tsx';
import { formatCost, formatMs, formatNumber, formatShare, tokensOf } from '../format.ts';

/** Two runs side by side. */
export function CompareView(): ReactNode {
  const { left, right } = useSearch({ strict: false }) as { readonly left?: string; readonly right?: string };
  const navigate = useNavigate();
  const runs = useQuery({ queryKey: ['runs', 'choice'], queryFn: () => api.runs({ offset: 0, limit: 500 }) });
  const choose = (side: 'left' | 'right', run: string): void => { void navigate({ to: '/compare', search: { ...(left !== undefined && { left }), ...(right !== undefined && { right }), [side]: run } }); };
  return (
    <>
      <h1>Compare</h1>
      <div className="columns">
        {(['left', 'right'] as const).map((side) => {
          const chosen = side === 'left' ? left : right;
          return (
            <label key={side} className="small quiet">{side === 'left' ? 'One run' : 'The other'}
              <select className="field" style={{ width: '100%', display: 'block', marginTop: 4 }} value={chosen ?? ''} onChange={(event) => { choose(side, event.target.value); }}>
                <option value="" disabled>Choose a run</option>
                {chosen === undefined || runs.data?.runs.some(({ id }) => id === chosen) === true ? null : <option value={chosen}>{chosen}</option>}
                {runs.data?.runs.map(({ id, goal, status }) => <option key={id} value={id}>{`${id} · ${status} · ${goal.slice(0, 60)}`}</option>)}
              </select>
            </label>
          );
        })}
      </div>
      {left === undefined || right === undefined ? <div className="panel"><Empty title="Choose two runs">A run and its fork, say, or the same task with two models.</Empty></div> : <Compared left={left} right={right} />}
    </>
  );
}

function Compared({ left, right }: { readonly left: string; readonly right: string }): ReactNode {
  const both = [left, right].map((id) => id);
  const one = useQuery({ queryKey: ['run', both[0]], queryFn: () => api.run(left) });
  const other = useQuery({ queryKey: ['run', both[1]], queryFn: () => api.run(right) });
  const oneDiff = useQuery({ queryKey: ['diff', left, undefined], queryFn: () => api.diff(left) });
  const otherDiff = useQuery({ queryKey: ['diff', right, undefined], queryFn: () => api.diff(right) });
  const failed = [one, other].find(({ isError }) => isError);
  if (failed !== undefined) return <div className="panel"><Failure error={failed.error} /></div>;
  if (one.data === undefined || other.data === undefined) return <div className="panel"><Loading what="both runs" /></div>;
  return (
    <>
      <Figures left={one.data} right={other.data} />
      <div className="columns">
        {([[one.data, oneDiff], [other.data, otherDiff]] as const).map(([run, diff], index) => <Side key={index} run={run} diff={diff} />)}
      </div>
    </>
  );
}

interface Figure {
  readonly name: string;
  readonly show: (run: RunInspection) => ReactNode;
  /** A number to be compared, and how a difference is written. */
  readonly value?: (run: RunInspection) => number | undefined;
  readonly write?: (value: number) => string;
}

const figures: readonly Figure[] = [
  { name: 'Status', show: ({ status }) => <Status status={status} /> },
  { name: 'Verdict', show: ({ verdict }) => (verdict === null ? <span className="quiet">not measured</span> : <Status status={verdict.verdict} />) },
  { name: 'Took', show: ({ startedAt, updatedAt }) => formatMs(updatedAt - startedAt), value: ({ startedAt, updatedAt }) => updatedAt - startedAt, write: formatMs },
  { name: 'Revisions', show: ({ revisions }) => revisions.length - 1, value: ({ revisions }) => revisions.length - 1, write: String },
  { name: 'Model calls', show: ({ receipts }) => formatNumber(receipts.length), value: ({ receipts }) => receipts.length, write: formatNumber },
  { name: 'Tokens', show: ({ usage }) => formatNumber(tokensOf(usage)), value: ({ usage }) => tokensOf(usage), write: formatNumber },
  { name: 'Cost', show: ({ usage }) => formatCost(usage.costNanoUsd), value: ({ usage }) => (usage.costNanoUsd === 'unknown' ? undefined : usage.costNanoUsd), write: formatCost },
  { name: 'Tests passed', show: (run) => testsOf(run)?.passed ?? '–', value: (run) => testsOf(run)?.passed, write: String },
  { name: 'Lines covered', show: (run) => formatShare(coverageOf(run)), value: (run) => coverageOf(run) ?? undefined, write: (value) => `${(value * 100).toFixed(1)} points` },
  { name: 'Models', show: ({ receipts }) => <span className="mono"><Plain length={200}>{[...new Set(receipts.map(({ model }) => model))].join(', ')}</Plain></span> },
];

const testsOf = (run: RunInspection): { readonly passed: number } | undefined => run.measurements.findLast(({ tests }) => tests !== null)?.tests ?? undefined;
const coverageOf = (run: RunInspection): number | null | undefined => run.measurements.findLast(({ coverage }) => coverage !== null)?.coverage?.lines;

function Figures({ left, right }: { readonly left: RunInspection; readonly right: RunInspection }): ReactNode {
  const gates = [...new Set([left, right].flatMap(({ verdict }) => verdict?.gates.filter(({ status }) => status !== 'unavailable').map(({ gate }) => gate) ?? []))];
  const statusOf = (run: RunInspection, name: string): ReactNode => {
    const gate = run.verdict?.gates.find((one) => one.gate === name);
    return gate === undefined ? <span className="quiet">–</span> : <Status status={gate.status} />;
  };
  return (
    <section className="panel"><div className="scroll" tabIndex={0} role="group" aria-label="Figures of both runs"><table className="table">
      <thead><tr><th>Figure</th>{[left, right].map(({ id }, index) => <th key={index}><Link to="/runs/$run" params={{ run: id }} search={{}} className="mono">{id}</Link></th>)}<th className="number">Difference</th></tr></thead>
      <tbody>
        {figures.map(({ name, show, value, write = String }) => {
          const [before, after] = [value?.(left), value?.(right)];
          const difference = before === undefined || after === undefined ? undefined : after - before;
          return <tr key={name}><th scope="row">{name}</th><td>{show(left)}</td><td>{show(right)}</td><td className="number delta">{difference === undefined ? '' : difference === 0 ? 'same' : `${difference > 0 ? '+' : '−'}${write(Math.abs(difference))}`}</td></tr>;
        })}
        {gates.map((gate) => <tr key={`gate ${gate}`}><th scope="row">gate: {gate}</th><td>{statusOf(left, gate)}</td><td>{statusOf(right, gate)}</td><td /></tr>)}
      </tbody>
    </table></div></section>
  );
}

function Side({ run, diff }: { readonly run: RunInspection; readonly diff: UseQueryResult<readonly FileDiff[]> }): ReactNode {
  return (
    <section className="panel" aria-label={`Change of ${run.id}`}>
      <header><h2>Its change</h2><span className="mono quiet clip">{run.id}</span></header>
      {diff.data === undefined ? (diff.isError ? <Failure error={diff.error} /> : <Loading what="the change" />) : diff.data.length === 0 ? <Empty title="No file is different" /> : <DiffFiles files={diff.data} />}
    </section>
  );
}
