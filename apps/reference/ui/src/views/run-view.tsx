import type { ReactNode } from 'react';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Tabs } from '@base-ui/react/tabs';
import type { RunInspection } from '@fw/framework';
import { Failure, Loading } from '../components/page-state.tsx';
import { Plain } from '../components/plain.tsx';
import { RunActions, RunQuestions } from '../components/run-actions.tsx';
import { Status } from '../components/status.tsx';
import { formatCost, formatDay, formatMs, formatNumber, tokensOf } from '../format.ts';
import { hasEnded, useLive, useRun, useSteps } from '../use-run.ts';
import { CostTab } from './cost-tab.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { PanelsTab } from './panels-tab.tsx';
import { RevisionsTab } from './revisions-tab.tsx';
import { StepsTab } from './steps-tab.tsx';
import { TestsTab } from './tests-tab.tsx';
import { TimelineTab } from './timeline-tab.tsx';

const tabs = [['overview', 'Overview'], ['timeline', 'Timeline'], ['steps', 'Messages and tools'], ['revisions', 'Revisions'], ['tests', 'Tests and coverage'], ['cost', 'Cost and limits'], ['panels', 'Panels']] as const;

export function RunView(): ReactNode {
  const { run: id } = useParams({ strict: false }) as { readonly run: string };
  const { tab = 'overview' } = useSearch({ strict: false }) as { readonly tab?: string };
  const navigate = useNavigate();
  const run = useRun(id);
  const steps = useSteps(id);
  useLive(id, steps.data, run.data?.status);
  if (run.data === undefined) return <div className="panel">{run.isError ? <Failure error={run.error} again={() => { void run.refetch(); }} /> : <Loading what="the run" lines={12} />}</div>;

  // Most runs have no panel.
  const shown = tabs.filter(([name]) => name !== 'panels' || run.data.panels.length > 0);
  const known = shown.some(([name]) => name === tab) ? tab : 'overview';
  return (
    <>
      <RunHeader run={run.data} />
      <RunQuestions run={run.data} />
      <Tabs.Root value={known} onValueChange={(value) => { void navigate({ to: '/runs/$run', params: { run: id }, search: { tab: String(value) }, replace: true }); }} className="stack">
        <Tabs.List className="tabs" aria-label="Views of the run">
          {shown.map(([name, label]) => <Tabs.Tab key={name} value={name}>{label}{name === 'revisions' && run.data.revisions.length > 1 ? ` (${String(run.data.revisions.length - 1)})` : ''}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value="overview" className="tab-panel"><OverviewTab run={run.data} /></Tabs.Panel>
        <Tabs.Panel value="timeline" className="tab-panel"><TimelineTab run={run.data} /></Tabs.Panel>
        <Tabs.Panel value="steps" className="tab-panel"><StepsTab run={run.data} steps={steps} /></Tabs.Panel>
        <Tabs.Panel value="revisions" className="tab-panel"><RevisionsTab run={run.data} /></Tabs.Panel>
        <Tabs.Panel value="tests" className="tab-panel"><TestsTab run={run.data} /></Tabs.Panel>
        <Tabs.Panel value="cost" className="tab-panel"><CostTab run={run.data} /></Tabs.Panel>
        {run.data.panels.length === 0 ? null : <Tabs.Panel value="panels" className="tab-panel"><PanelsTab run={run.data} /></Tabs.Panel>}
      </Tabs.Root>
    </>
  );
}

function RunHeader({ run }: { readonly run: RunInspection }): ReactNode {
  const { forkedFrom } = run;
  return (
    <header className="stack" style={{ gap: 10 }}>
      <div className="row" style={{ alignItems: 'flex-start', flexWrap: 'nowrap' }}>
        <h1 style={{ overflowWrap: 'anywhere', flex: 1, minWidth: 0 }}><Plain length={600}>{run.goal}</Plain></h1>
        <RunActions run={run} />
      </div>
      <dl className="facts">
        <div><dt className="visually-hidden">Status</dt><dd><Status status={run.status} /></dd></div>
        {run.verdict === null || !hasEnded(run.status) ? null : <div><dt>Verdict</dt><dd><Status status={run.verdict.verdict} /></dd></div>}
        <div><dt>Run</dt><dd className="mono">{run.id}</dd></div>
        <div><dt>Begun</dt><dd>{formatDay(run.startedAt)}</dd></div>
        <div><dt>Took</dt><dd>{formatMs(run.updatedAt - run.startedAt)}</dd></div>
        <div><dt>Used</dt><dd>{formatNumber(tokensOf(run.usage))} tokens, {formatCost(run.usage.costNanoUsd)}</dd></div>
        <div><dt>Sandbox</dt><dd><Plain length={100}>{run.sandbox}</Plain></dd></div>
        {run.simulated ? <div><dt className="visually-hidden">Model</dt><dd className="warn">scripted: says nothing about a real model</dd></div> : null}
        {forkedFrom === null ? null : <div><dt>Forked from</dt><dd><Link to="/compare" search={{ left: forkedFrom.run, right: run.id }} className="mono">{forkedFrom.run}</Link> at entry {forkedFrom.seq}</dd></div>}
      </dl>
      {run.message === undefined || run.questions.length > 0 ? null : (
        <div className={`notice ${run.status === 'failed' ? 'bad' : 'warn'}`}><p className="words">{run.code === undefined ? null : <code>{run.code} </code>}<Plain length={2_000}>{run.message}</Plain></p>
          {run.status === 'waiting' ? <code>fw resume {run.id}</code> : null}</div>
      )}
    </header>
  );
}
