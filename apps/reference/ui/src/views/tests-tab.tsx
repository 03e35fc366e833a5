import type { ReactNode } from 'react';
import type { RunInspection, RunMeasurement } from '@fw/framework';
import { Empty } from '../components/page-state.tsx';
import { Plain } from '../components/plain.tsx';
import { formatMs, formatShare } from '../format.ts';

/** What the runner measured, in order; no word of a model is among it. */
export function TestsTab({ run }: { readonly run: RunInspection }): ReactNode {
  const { measurements } = run;
  if (measurements.length === 0) return <div className="panel"><Empty title="Nothing was measured yet">Tests and coverage are measured on the untouched files first, and again whenever the run says that it is done.</Empty></div>;
  const tests = measurements.filter((one) => one.tests !== null);
  const most = Math.max(1, ...tests.map((one) => one.tests!.passed + one.tests!.failed));
  return (
    <>
      <div className="columns">
        <section className="panel"><header><h2>Tests</h2><span className="quiet">each time they ran</span></header><div className="inside bars">{tests.map((one) => <TestBar key={one.id} one={one} most={most} />)}</div></section>
        <section className="panel"><header><h2>Coverage</h2><span className="quiet">lines that ran, of those that could have</span></header>
          <table className="table"><thead><tr><th>When</th><th className="number">All lines</th><th className="number">Branches</th><th className="number">Changed lines</th></tr></thead>
            <tbody>{measurements.filter(({ coverage }) => coverage !== null).map(({ id, state, visit, coverage }) => <tr key={id}><th scope="row">{placeOf(state, visit)}</th><td className="number">{formatShare(coverage?.lines)}</td><td className="number">{formatShare(coverage?.branches)}</td><td className="number">{formatShare(coverage?.changedLines)}</td></tr>)}</tbody></table></section>
      </div>
      <section className="panel">
        <header><h2>Everything that was measured</h2></header>
        <div className="scroll" tabIndex={0} role="group" aria-label="Measurements"><table className="table">
          <thead><tr><th>What</th><th>When</th><th>Found</th><th className="number">Exit</th><th className="number">Took</th><th>Files</th></tr></thead>
          <tbody>{measurements.map((one) => (
            <tr key={one.id}><th scope="row">{one.kind}</th><td className="quiet">{placeOf(one.state, one.visit)}</td>
              <td><Plain length={400}>{one.summary}</Plain>{one.failures.map(({ id, message }) => <details key={id}><summary className="bad"><Plain length={300}>{id}</Plain></summary><pre><Plain length={2_000}>{message}</Plain></pre></details>)}</td>
              <td className="number quiet">{one.exitCode}</td><td className="number quiet">{formatMs(one.durationMs)}</td><td className="mono quiet">{one.tree.slice(0, 10)}</td></tr>
          ))}</tbody>
        </table></div>
      </section>
    </>
  );
}

const placeOf = (state: string, visit: number): string => `${state}${visit > 1 ? ` (${String(visit)})` : ''}`;

function TestBar({ one: { state, visit, tests }, most }: { readonly one: RunMeasurement; readonly most: number }): ReactNode {
  const { passed, failed } = tests!;
  return (
    <div className="bar-line">
      <span>{placeOf(state, visit)}</span>
      <svg viewBox={`0 0 ${String(most)} 10`} preserveAspectRatio="none" style={{ height: 10, width: '100%' }} aria-hidden="true"><rect width={passed} height="10" fill="var(--good)" /><rect x={passed} width={failed} height="10" fill="var(--bad)" /></svg>
      <span className="number"><span className="good">{passed} passed</span>{failed === 0 ? null : <span className="bad">, {failed} failed</span>}</span>
    </div>
  );
}
