import type { ReactNode } from 'react';
import type { RunInspection } from '@fw/framework';
import { MachineGraph } from '../charts/machine-graph.tsx';
import { LimitMeter } from '../components/limit-meter.tsx';
import { Plain } from '../components/plain.tsx';
import { Status } from '../components/status.tsx';
import { formatCost, formatMs, formatNumber, tokensOf } from '../format.ts';
import { hasEnded } from '../use-run.ts';

export function OverviewTab({ run }: { readonly run: RunInspection }): ReactNode {
  return (
    <>
      <section className="panel"><header><h2>State machine</h2><span className="quiet">solid: taken; red: sent back</span></header><div className="inside"><MachineGraph run={run} /></div></section>
      <div className="columns wide-left">
        <div className="stack">
          <States run={run} />
          <Criteria run={run} />
        </div>
        <div className="stack">
          <Gates run={run} />
          {run.limits.length === 0 ? null : <section className="panel"><header><h2>Limits against use</h2></header><div className="inside stack" style={{ gap: 14 }}>{run.limits.map((use) => <LimitMeter key={use.name} use={use} />)}</div></section>}
        </div>
      </div>
    </>
  );
}

function States({ run: { states, status } }: { readonly run: RunInspection }): ReactNode {
  return (
    <section className="panel">
      <header><h2>States</h2></header>
      <div className="scroll" tabIndex={0} role="group" aria-label="States"><table className="table">
        <thead><tr><th>State</th><th>Left by</th><th className="number">Time</th><th className="number">Calls</th><th className="number">Tokens</th><th className="number">Cost</th></tr></thead>
        <tbody>{states.map((state) => (
          <tr key={`${state.state} ${String(state.visit)}`}>
            <th scope="row">{state.state}{state.visit > 1 ? <span className="quiet"> ({state.visit})</span> : null}<div className="quiet small">{state.agents.join(', ')}</div></th>
            <td>{state.event === undefined ? <Status status={status === 'waiting' ? 'waiting' : 'running'}>here now</Status> : <span className={state.outcome === 'done' ? '' : 'bad'}>{state.event}</span>}
              {state.reasons.slice(0, 2).map((reason, index) => <div key={index} className="small quiet"><Plain length={160}>{reason.split('\n')[0] ?? ''}</Plain></div>)}</td>
            <td className="number">{formatMs(state.durationMs)}</td>
            <td className="number">{state.modelCalls + state.toolCalls === 0 ? <span className="quiet">–</span> : `${String(state.modelCalls)} + ${String(state.toolCalls)}`}</td>
            <td className="number">{tokensOf(state.usage) === 0 ? <span className="quiet">–</span> : formatNumber(tokensOf(state.usage))}</td>
            <td className="number">{formatCost(state.usage.costNanoUsd)}</td>
          </tr>
        ))}</tbody>
      </table></div>
    </section>
  );
}

const rank: { readonly [status: string]: number } = { failed: 0, inconclusive: 1, passed: 2, unavailable: 3 };

function Gates({ run: { verdict, status: runStatus } }: { readonly run: RunInspection }): ReactNode {
  const known = verdict?.gates.filter(({ status }) => status !== 'unavailable').toSorted((left, right) => (rank[left.status] ?? 9) - (rank[right.status] ?? 9)) ?? [];
  const missing = verdict?.gates.filter(({ status }) => status === 'unavailable') ?? [];
  return (
    <section className="panel">
      <header><h2>Gate</h2>{verdict === null ? null : hasEnded(runStatus) ? <Status status={verdict.verdict} /> : <span className="quiet">as far as it was measured</span>}</header>
      {verdict === null ? <p className="inside quiet">Nothing was measured yet.</p> : (
        <table className="table"><tbody>
          {known.map(({ gate, status, message }) => <tr key={gate}><th scope="row"><Status status={status}>{gate}</Status></th><td><Plain length={300}>{message}</Plain></td></tr>)}
          {missing.length === 0 ? null : <tr><th scope="row"><Status status="unavailable" /></th><td className="quiet">{missing.map(({ gate }) => gate).join(', ')}</td></tr>}
        </tbody></table>
      )}
    </section>
  );
}

function Criteria({ run: { trace } }: { readonly run: RunInspection }): ReactNode {
  if (trace.length === 0) return null;
  return (
    <section className="panel">
      <header><h2>Criteria</h2><span className="quiet">{trace.filter(({ status }) => status === 'proven').length} of {trace.length} proven by measured tests</span></header>
      <table className="table"><tbody>{trace.map(({ criterion, text, kind, status, tests }) => (
        <tr key={criterion}><th scope="row" style={{ width: 110 }}><Status status={status} /></th><td><span className="mono quiet">{criterion}</span> <Plain length={600}>{text}</Plain> {kind === 'keep' ? <span className="tag">keep</span> : null}
          {tests.map((test) => <div key={test.id} className="small quiet"><Plain length={200}>{test.id}</Plain>: {test.status}{test.redFirst === true ? ', red before' : ''}</div>)}</td></tr>
      ))}</tbody></table>
    </section>
  );
}
