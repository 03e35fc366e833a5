import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import type { RunInspection, RunStep } from '@fw/framework';
import { api } from '../api.ts';
import { formatCost, formatMs, formatNumber, formatTime } from '../format.ts';
import { useIsReadOnly } from '../use-change.ts';
import { ForkDialog } from './fork-dialog.tsx';
import { AskedWith } from './asked-with.tsx';
import { JsonBlock } from './json-block.tsx';
import { Empty, Failure, Loading } from './page-state.tsx';
import { Plain } from './plain.tsx';

const longestText = 100_000;

interface Answer {
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: unknown }[];
  readonly finishReason?: string;
}

export function StepDetail({ run, seq }: { readonly run: RunInspection; readonly seq: number | undefined }): ReactNode {
  const step = useQuery({ queryKey: ['step', run.id, seq], queryFn: () => api.step(run.id, seq!), enabled: seq !== undefined, staleTime: Infinity });
  const isReadOnly = useIsReadOnly();
  if (seq === undefined) return <div className="panel"><Empty title="Choose a step">What was said, what a tool was called with and what came of it is shown here.</Empty></div>;
  if (step.data === undefined) return <div className="panel">{step.isError ? <Failure error={step.error} /> : <Loading what="the step" />}</div>;
  const { data } = step;
  return (
    <section className="panel" aria-label={`Entry ${String(data.seq)}`}>
      <header>
        <h2 className="mono">{data.step.replace(/^tool\./, '')}</h2>
        <span className="quiet">entry {data.seq}, {data.state}{data.visit > 1 ? ` (${String(data.visit)})` : ''}{data.agent === '' ? '' : `, ${data.agent}`}, {formatTime(data.at)}{data.attempt > 1 ? `, attempt ${String(data.attempt)}` : ''}</span>
        {isReadOnly ? null : <span className="row push"><ForkDialog run={run} at={data.seq} label="Fork here" /></span>}
      </header>
      <div className="inside said">
        {data.message === undefined ? null : <div className="notice bad"><p className="words"><code>{data.code} </code><Plain length={4_000}>{data.message}</Plain></p></div>}
        {data.origin === 'model' ? <AskedWith key={data.seq} run={run.id} seq={data.seq} /> : null}
        {data.origin === 'model' ? <Said answer={(data.output ?? {}) as Answer} run={run} seq={data.seq} /> : data.origin === 'tool' ? <Called step={data} /> : <JsonBlock title="Result" value={data.output} />}
      </div>
    </section>
  );
}

function Said({ answer, run, seq }: { readonly answer: Answer; readonly run: RunInspection; readonly seq: number }): ReactNode {
  const { text = '', reasoning = '', toolCalls = [] } = answer;
  return (
    <>
      {reasoning === '' ? null : <details><summary className="quiet">Reasoning</summary><p className="prose quiet"><Plain length={longestText}>{reasoning}</Plain></p></details>}
      {text === '' ? null : <p className="prose"><Plain length={longestText}>{text}</Plain></p>}
      {toolCalls.map(({ id, name, arguments: given }) => <JsonBlock key={id} title={<>calls <Plain length={100}>{name}</Plain></>} value={given} />)}
      {run.receipts.filter((receipt) => receipt.seq === seq).map(({ id, model, usage, durationMs, failure }) => (
        <p key={id} className="small quiet"><span className="mono">{model}</span> {failure === undefined ? '' : <span className="bad">{failure.kind} </span>}{formatNumber(usage.inputTokens)} in, {formatNumber(usage.outputTokens)} out, {formatCost(usage.costNanoUsd)}, {formatMs(durationMs)}</p>
      ))}
    </>
  );
}

function Called({ step }: { readonly step: RunStep }): ReactNode {
  const { text, meta } = (step.output ?? {}) as { readonly text?: string; readonly meta?: unknown };
  return (
    <>
      {step.arguments === null ? null : <JsonBlock title="Called with" value={step.arguments} />}
      {text === undefined ? null : <div className="block"><h3>{step.ok === false ? <span className="bad">failed</span> : 'Gave'}</h3><pre tabIndex={0}><Plain length={longestText}>{text}</Plain></pre></div>}
      {meta === undefined ? null : <details><summary className="quiet">Details</summary><JsonBlock title="Details" value={meta} /></details>}
    </>
  );
}
