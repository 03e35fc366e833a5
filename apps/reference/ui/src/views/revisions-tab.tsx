import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import type { RunInspection, RunRevision } from '@fw/framework';
import { api } from '../api.ts';
import { ReasonFlowChart } from '../charts/reason-flow.tsx';
import { DiffFiles } from '../components/diff-files.tsx';
import { Empty, Failure, Loading } from '../components/page-state.tsx';
import { Plain } from '../components/plain.tsx';
import { Status } from '../components/status.tsx';
import { formatMs, formatNumber, tokensOf } from '../format.ts';

/** Why it was sent back, what each revision changed, and what the gates said of it. */
export function RevisionsTab({ run }: { readonly run: RunInspection }): ReactNode {
  return (
    <>
      <div className="columns">
        <section className="panel"><header><h2>Why revisions were asked for</h2><span className="quiet">who sent back, why, where to</span></header>
          <div className="inside">{run.reasons.length === 0 ? <p className="quiet">It was never sent back.</p> : <ReasonFlowChart flows={run.reasons} />}</div></section>
        <GateMatrix revisions={run.revisions} />
      </div>
      <RevisionDiff run={run} />
    </>
  );
}

function GateMatrix({ revisions }: { readonly revisions: readonly RunRevision[] }): ReactNode {
  const gates = [...new Set(revisions.flatMap((revision) => revision.gates.filter(({ status }) => status !== 'unavailable').map(({ gate }) => gate)))];
  return (
    <section className="panel">
      <header><h2>Gate results over revisions</h2></header>
      {gates.length === 0 ? <p className="inside quiet">Nothing was measured yet.</p> : (
        <div className="scroll" tabIndex={0} role="group" aria-label="Gate results over revisions"><table className="table matrix">
          <thead><tr><th>Gate</th>{revisions.map(({ number }) => <th key={number}>{number === 0 ? 'First' : `Revision ${String(number)}`}</th>)}</tr></thead>
          <tbody>
            {gates.map((gate) => <tr key={gate}><th scope="row">{gate}</th>{revisions.map((revision) => {
              const found = revision.gates.find((one) => one.gate === gate);
              return <td key={revision.number} title={found?.message}>{found === undefined ? <span className="quiet">–</span> : <Status status={found.status} />}</td>;
            })}</tr>)}
            <tr><th scope="row">verdict</th>{revisions.map(({ number, verdict }) => <td key={number}>{verdict === null ? <span className="quiet">not measured</span> : <Status status={verdict} />}</td>)}</tr>
          </tbody>
        </table></div>
      )}
    </section>
  );
}

function RevisionDiff({ run }: { readonly run: RunInspection }): ReactNode {
  const search = useSearch({ strict: false }) as { readonly revision?: string };
  const navigate = useNavigate();
  const chosen = search.revision === undefined || search.revision === 'whole' ? undefined : Number(search.revision);
  const revision = chosen === undefined ? undefined : run.revisions[chosen];
  const diff = useQuery({ queryKey: ['diff', run.id, chosen], queryFn: () => api.diff(run.id, chosen) });
  return (
    <section className="panel">
      <header>
        <h2>Changes</h2>
        <ToggleGroup className="choices" aria-label="Revision" value={[chosen === undefined ? 'whole' : String(chosen)]} onValueChange={(value) => { if (value[0] !== undefined) void navigate({ to: '/runs/$run', params: { run: run.id }, search: { tab: 'revisions', revision: String(value[0]) }, replace: true }); }}>
          <Toggle value="whole">Whole run</Toggle>{run.revisions.map(({ number }) => <Toggle key={number} value={String(number)}>{number === 0 ? 'First' : `Revision ${String(number)}`}</Toggle>)}
        </ToggleGroup>
        {revision === undefined ? null : <span className="quiet push">{formatMs(revision.endedAt - revision.startedAt)}, {revision.modelCalls} model calls, {formatNumber(tokensOf(revision.usage))} tokens</span>}
      </header>
      {revision?.asked == null ? null : (
        <div className="inside" style={{ borderBottom: '1px solid var(--line)' }}>
          <h3>Sent back by {revision.asked.from} to {revision.asked.to}</h3>
          {revision.asked.requests.map((request) => (
            <div key={request.id} className="request">
              <span className="tag" style={{ justifySelf: 'start' }}>{request.reason}</span>
              <div>{request.where === undefined ? null : <code className="quiet"><Plain length={200}>{`${request.where.file}${request.where.line === undefined ? '' : `:${String(request.where.line)}`}`}</Plain></code>}
                <pre tabIndex={0}><Plain length={4_000}>{request.what}</Plain></pre></div>
            </div>
          ))}
        </div>
      )}
      {diff.data === undefined ? (diff.isError ? <Failure error={diff.error} again={() => { void diff.refetch(); }} /> : <Loading what="the changes" />)
        : diff.data.length === 0 ? <Empty title="No file is different">{revision === undefined ? 'The run has not changed any file yet.' : 'This revision left the files as it found them.'}</Empty> : <DiffFiles files={diff.data} />}
    </section>
  );
}
