import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import type { RunReceipt } from '@fw/framework';
import { api } from '../api.ts';
import { Empty, Failure, Loading } from '../components/page-state.tsx';
import { Plain } from '../components/plain.tsx';
import { Receipts } from '../components/receipts.tsx';
import { formatCost, formatCount, formatMs, formatNumber, tokensOf } from '../format.ts';

export function ModelsView(): ReactNode {
  const use = useQuery({ queryKey: ['use'], queryFn: api.use });
  const models = useQuery({ queryKey: ['models'], queryFn: api.models, staleTime: 30_000 });
  const byModel = Object.entries(Object.groupBy(use.data?.receipts ?? [], ({ model }) => model)) as [string, RunReceipt[]][];
  return (
    <>
      <div className="row"><h1>Models</h1><span className="quiet small">{use.data === undefined ? '' : `as the newest ${formatCount(use.data.runs, 'run')} used them`}</span></div>
      <div className="columns">
        <section className="panel">
          <header><h2>Used</h2></header>
          {use.data === undefined ? (use.isError ? <Failure error={use.error} again={() => { void use.refetch(); }} /> : <Loading what="models" />) : byModel.length === 0 ? <Empty title="No model was asked yet" /> : (
            <div className="scroll" tabIndex={0} role="group" aria-label="Models in use"><table className="table">
              <thead><tr><th>Model</th><th className="number">Requests</th><th className="number">Failed</th><th className="number">Tokens</th><th className="number">Cost</th><th className="number">Mean time</th></tr></thead>
              <tbody>{byModel.map(([model, own]) => {
                const costs = own.map(({ usage }) => usage.costNanoUsd);
                const failed = own.filter(({ failure }) => failure !== undefined).length;
                return <tr key={model}><th scope="row" className="mono"><Plain length={100}>{model}</Plain></th><td className="number">{formatNumber(own.length)}</td><td className={`number${failed > 0 ? ' bad' : ' quiet'}`}>{formatNumber(failed)}</td><td className="number">{formatNumber(own.reduce((sum, { usage }) => sum + tokensOf(usage), 0))}</td><td className="number">{formatCost(costs.includes('unknown') ? 'unknown' : costs.reduce<number>((sum, cost) => sum + Number(cost), 0))}</td><td className="number quiet">{formatMs(own.reduce((sum, { durationMs }) => sum + durationMs, 0) / own.length)}</td></tr>;
              })}</tbody>
            </table></div>
          )}
        </section>
        <section className="panel">
          <header><h2>Configured</h2><span className="quiet">in the folder that the dashboard was started in</span></header>
          {models.data === undefined ? (models.isError ? <Failure error={models.error} again={() => { void models.refetch(); }} /> : <Loading what="the config" />)
            : models.data.providers.length === 0 ? <Empty title="No provider is configured">Give a key in the environment, or a config; <code>fw models</code> says what it finds.</Empty> : (
              <table className="table"><tbody>
                {models.data.providers.map((provider) => <tr key={provider.name}><th scope="row"><Plain length={60}>{provider.name}</Plain></th><td className="quiet">{provider.use}</td><td>{provider.key === null ? <span className="quiet">no key</span> : <><span className="mono"><Plain length={60}>{provider.key}</Plain></span> {provider.keyIsSet ? <span className="good">set</span> : <span className="bad">not set</span>}</>}</td></tr>)}
                {models.data.models.map((model) => <tr key={`model ${model.alias}`}><th scope="row"><Plain length={60}>{model.alias}</Plain></th><td className="mono"><Plain length={100}>{model.candidates.join(' → ')}</Plain></td><td className="quiet">{[...(model.simulated ? ['scripted'] : []), ...Object.entries(model.limits).map(([name, limit]) => `${name} ${String(limit)}`)].join(', ')}</td></tr>)}
                {models.data.agents.map(({ agent, model }) => <tr key={`agent ${agent}`}><th scope="row">{agent}</th><td className="mono" colSpan={2}><Plain length={100}>{model}</Plain></td></tr>)}
              </tbody></table>
            )}
        </section>
      </div>
      {use.data === undefined ? null : <Receipts receipts={use.data.receipts} />}
    </>
  );
}
