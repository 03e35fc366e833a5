import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import type { ContributionUse, PluginSummary } from '@fw/framework';
import { api } from '../api.ts';
import { Empty, Failure, Loading } from '../components/page-state.tsx';
import { Plain } from '../components/plain.tsx';
import { formatCost, formatCount, formatMs, formatNumber } from '../format.ts';

/** Plugins and everything else that takes part in runs, with what it took. */
export function PluginsView(): ReactNode {
  const plugins = useQuery({ queryKey: ['plugins'], queryFn: api.plugins, staleTime: 30_000 });
  const use = useQuery({ queryKey: ['use'], queryFn: api.use });
  const contributions = use.data?.contributions ?? [];
  return (
    <>
      <div className="row"><h1>Plugins</h1><span className="quiet small">{use.data === undefined ? '' : `time, errors and cost over the newest ${formatCount(use.data.runs, 'run')}`}</span></div>
      <section className="panel">
        <header><h2>Plugins</h2><span className="quiet">of the config in the folder that the dashboard was started in</span></header>
        {plugins.data === undefined ? (plugins.isError ? <Failure error={plugins.error} again={() => { void plugins.refetch(); }} /> : <Loading what="plugins" lines={3} />)
          : plugins.data.length === 0 ? <Empty title="No plugin is configured">List packages or folders under <code>plugins</code> of the config.</Empty> : (
            <div className="scroll" tabIndex={0} role="group" aria-label="Plugins"><table className="table">
              <thead><tr><th>Plugin</th><th>Version</th><th>Status</th><th>Runs</th><th>Contributes</th><th className="number">Start</th><th className="number">Calls</th><th className="number">Errors</th><th className="number">Time</th><th className="number">Cost</th></tr></thead>
              <tbody>{plugins.data.map((plugin) => <PluginLine key={plugin.id} plugin={plugin} contributions={contributions} />)}</tbody>
            </table></div>
          )}
      </section>
      {use.isError ? <div className="panel"><Failure error={use.error} again={() => { void use.refetch(); }} /></div> : use.data === undefined ? <div className="panel"><Loading what="use" /></div> : (
        <div className="columns">
          <Used title="Agents" uses={contributions.filter(({ kind }) => kind === 'agents')} />
          <div className="stack"><Used title="Tools" uses={contributions.filter(({ kind }) => kind === 'tools')} /><Used title="Validators" uses={contributions.filter(({ kind }) => kind === 'validators')} /></div>
        </div>
      )}
    </>
  );
}

function PluginLine({ plugin, contributions }: { readonly plugin: PluginSummary; readonly contributions: readonly ContributionUse[] }): ReactNode {
  const own = contributions.filter(({ kind, name }) => plugin.contributes.includes(`${kind}: ${name}`));
  const sum = (part: (use: ContributionUse) => number): number => own.reduce((total, use) => total + part(use), 0);
  const costs = own.map(({ usage }) => usage.costNanoUsd);
  return (
    <tr><th scope="row" className="mono"><Plain length={100}>{plugin.id}</Plain></th><td className="quiet">{plugin.version}</td><td className={plugin.error === undefined ? '' : 'bad'}>{plugin.status}</td>
      <td>{plugin.isolation === 'process' ? 'in a process of its own' : <span className="warn">inline</span>}</td>
      <td>{plugin.error === undefined ? <Plain length={300}>{plugin.contributes.join(', ')}</Plain> : <span className="bad"><Plain length={300}>{plugin.error}</Plain></span>}</td>
      <td className="number quiet">{formatMs(plugin.startMs)}</td>
      <td className="number">{formatNumber(sum(({ calls }) => calls))}</td><td className="number">{formatNumber(sum(({ errors }) => errors))}</td><td className="number">{formatMs(sum(({ durationMs }) => durationMs))}</td><td className="number">{costs.includes('unknown') ? 'cost unknown' : formatCost(sum(({ usage }) => Number(usage.costNanoUsd)))}</td></tr>
  );
}

function Used({ title, uses }: { readonly title: string; readonly uses: readonly ContributionUse[] }): ReactNode {
  return (
    <section className="panel">
      <header><h2>{title}</h2></header>
      {uses.length === 0 ? <p className="inside quiet">None took part yet.</p> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={title}><table className="table">
          <thead><tr><th>Name</th><th className="number">Calls</th><th className="number">Errors</th><th className="number">Time</th><th className="number">Cost</th></tr></thead>
          <tbody>{uses.toSorted((left, right) => right.durationMs - left.durationMs).map(({ name, calls, errors, durationMs, usage }) => (
            <tr key={name}><th scope="row" className="mono"><Plain length={100}>{name}</Plain></th><td className="number">{formatNumber(calls)}</td><td className={`number${errors > 0 ? ' bad' : ' quiet'}`}>{formatNumber(errors)}</td><td className="number">{formatMs(durationMs)}</td><td className="number">{formatCost(usage.costNanoUsd)}</td></tr>
          ))}</tbody>
        </table></div>
      )}
    </section>
  );
}
