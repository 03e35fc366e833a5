import type { ReactNode } from 'react';
import type { RunInspection } from '@fw/framework';
import { LimitPlot } from '../charts/limit-plot.tsx';
import { LimitMeter } from '../components/limit-meter.tsx';
import { Empty } from '../components/page-state.tsx';
import { Receipts } from '../components/receipts.tsx';
import { formatCost, formatMs, formatNumber, tokensOf } from '../format.ts';

export function CostTab({ run }: { readonly run: RunInspection }): ReactNode {
  const most = Math.max(1, ...run.costs.map(({ usage }) => tokensOf(usage)));
  return (
    <>
      <div className="columns">
        <section className="panel">
          <header><h2>Cost by state and agent</h2></header>
          <div className="scroll" tabIndex={0} role="group" aria-label="Cost by state and agent"><table className="table">
            <thead><tr><th>State</th><th>Agent</th><th className="number">Busy</th><th className="number">Calls</th><th>Tokens</th><th className="number">Cost</th></tr></thead>
            <tbody>{run.costs.map(({ state, agent, busyMs, modelCalls, toolCalls, usage }) => (
              <tr key={`${state} ${agent}`}><th scope="row">{state}</th><td>{agent}</td><td className="number">{formatMs(busyMs)}</td><td className="number">{modelCalls} + {toolCalls}</td>
                <td style={{ minWidth: 150 }}><svg viewBox="0 0 100 6" preserveAspectRatio="none" style={{ width: 70, height: 8, marginRight: 8 }} aria-hidden="true"><rect width={(tokensOf(usage) / most) * 100} height="6" fill="var(--accent)" /></svg>{formatNumber(tokensOf(usage))}</td>
                <td className="number">{formatCost(usage.costNanoUsd)}</td></tr>
            ))}</tbody>
          </table></div>
        </section>
        <section className="panel">
          <header><h2>Limits against use</h2><span className="quiet">dashed: the limit</span></header>
          {run.limits.length === 0 ? <Empty title="No limit holds for this run">Set one in the config: <code>budgets: {'{'} run: {'{'} tokens: 500000 {'}'} {'}'}</code></Empty>
            : <div className="inside stack">{run.limits.map((use) => <div key={use.name}><LimitMeter use={use} /><LimitPlot use={use} /></div>)}</div>}
        </section>
      </div>
      <Receipts receipts={run.receipts} />
    </>
  );
}
