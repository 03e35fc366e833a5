import { createHash } from 'node:crypto';
import type { Usage } from '@fw/models';
import type { DiffLine, FileDiff } from '../inspection/file-diff.ts';
import type { RunInspection } from '../inspection/inspect-run.ts';
import type { RunRevision } from '../inspection/revisions.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { reportStyle } from './report-style.ts';
import { drawLimits, drawWaterfall } from './draw.ts';

/** A report for people that needs nothing but itself: no script, no request. */
export interface HtmlReport {
  readonly html: string;
  /** What a server may tell browsers of it: its own style and nothing else. */
  readonly contentPolicy: string;
}

export interface ReportedRun {
  readonly run: RunInspection;
  /** Of the whole run. */
  readonly diff: readonly FileDiff[];
  /** Of each revision, in their order. */
  readonly diffs: readonly (readonly FileDiff[])[];
}

const mostShownLines = 400;

export function renderRunHtml({ run, diff, diffs }: ReportedRun): HtmlReport {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(reportStyle).digest('base64')}'`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<title>${run.id}: ${run.status}</title><style>${{ markup: reportStyle }}</style></head><body>
<header><p class="quiet mono">${run.id}</p><h1>${run.goal}</h1>
<p>${statusOf(run.status)} ${run.code === undefined ? '' : html`<span class="mono">${run.code}</span>`}</p>
${run.message === undefined ? '' : html`<pre>${run.message}</pre>`}
${run.simulated ? html`<p class="warn">A scripted model played this run; it says nothing about the quality of a real one.</p>` : ''}</header><main>
${renderFacts(run)}
${renderGates(run)}
${renderRevisions(run.revisions, diffs)}
<h2>Waterfall</h2><p class="quiet">The critical path is drawn in full colour.</p>${drawWaterfall(run.spans)}
${renderStates(run)}
${run.limits.length === 0 ? '' : html`<h2>Limits against use</h2>${drawLimits(run.limits)}`}
${renderMeasurements(run)}
${renderCriteria(run)}
${renderCosts(run)}
<h2>Change</h2>${renderDiff(diff)}
<h2>Journal</h2><p class="mono">${run.head}</p></main></body></html>
`;
  return { html: page.markup, contentPolicy: `${policy}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox` };
}

const statusOf = (status: string): Html => html`<span class="${classOf(status)} status">${status}</span>`;

function classOf(status: string): string {
  if (['success', 'accepted', 'passed', 'proven'].includes(status)) return 'good';
  return ['failed', 'rejected', 'cancelled'].includes(status) ? 'bad' : 'warn';
}

function renderFacts(run: RunInspection): Html {
  const rows: readonly (readonly [string, string])[] = [
    ['Workspace', run.workspace], ['Begun', new Date(run.startedAt).toISOString()], ['Last change', new Date(run.updatedAt).toISOString()],
    ['Used', `${tokens(run.usage)}, ${cost(run.usage)}`], ['Commands contained by', run.sandbox],
    ...(run.forkedFrom === null ? [] : [['Forked from', `${run.forkedFrom.run} at entry ${String(run.forkedFrom.seq)}`] as const]),
  ];
  return html`<h2>Run</h2><table>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</table>`;
}

function renderGates({ revisions, verdict }: RunInspection): Html {
  const measured = revisions.filter(({ gates }) => gates.length > 0);
  const names = [...new Set(measured.flatMap(({ gates }) => gates.map(({ gate }) => gate)))];
  if (names.length === 0) return html`<h2>Gates</h2><p class="quiet">Nothing was measured.</p>`;
  const last = measured.at(-1);
  return html`<h2>Gates over revisions</h2><p>Verdict: ${statusOf(verdict?.verdict ?? 'none')}</p><div class="scroll"><table><thead><tr><th>Gate</th>${measured.map(({ number }) => html`<th>Revision ${number}</th>`)}<th>What was found last</th></tr></thead><tbody>
${names.map((name) => html`<tr><th scope="row">${name}</th>${measured.map(({ gates }) => cellOf(gates.find(({ gate }) => gate === name)?.status))}<td>${last?.gates.find(({ gate }) => gate === name)?.message}</td></tr>`)}</tbody></table></div>`;
}

const cellOf = (status: string | undefined): Html => (status === undefined ? html`<td class="quiet">–</td>` : html`<td class="${status === 'unavailable' ? 'quiet' : classOf(status)}">${status}</td>`);

function renderRevisions(revisions: readonly RunRevision[], diffs: readonly (readonly FileDiff[])[]): Html {
  if (revisions.length < 2) return html`<h2>Revisions</h2><p class="quiet">It was never sent back.</p>`;
  return html`<h2>Revisions</h2>${revisions.map(({ number, asked, verdict, usage, startedAt, endedAt }, index) => html`<h3>Revision ${number}${number === 0 ? ' (the first way)' : ''} ${verdict === null ? '' : statusOf(verdict)}</h3>
<p class="quiet">${seconds(endedAt - startedAt)}, ${tokens(usage)}</p>
${asked === null ? '' : html`<p>Sent back by ${asked.from} to ${asked.to} (${asked.event}):</p>${asked.requests.map((request) => html`<pre>${request.reason}${request.where === undefined ? '' : ` in ${request.where.file}${request.where.line === undefined ? '' : `:${String(request.where.line)}`}`}: ${request.what}</pre>`)}`}
<details><summary>What it changed: ${count(diffs[index]?.length ?? 0, 'file')}</summary>${renderDiff(diffs[index] ?? [])}</details>`)}`;
}

function renderStates({ states }: RunInspection): Html {
  return html`<h2>States</h2><div class="scroll"><table><thead><tr><th>State</th><th>Left by</th><th class="number">Time</th><th class="number">Model calls</th><th class="number">Tool calls</th><th class="number">Tokens</th><th class="number">Cost</th></tr></thead><tbody>
${states.map((state) => html`<tr><td>${state.state}${state.visit > 1 ? ` (${String(state.visit)})` : ''}</td><td>${state.event ?? 'here now'}</td><td class="number">${seconds(state.durationMs)}</td><td class="number">${state.modelCalls}</td><td class="number">${state.toolCalls}</td><td class="number">${tokens(state.usage)}</td><td class="number">${cost(state.usage)}</td></tr>`)}</tbody></table></div>`;
}

function renderMeasurements({ measurements }: RunInspection): Html {
  if (measurements.length === 0) return html``;
  return html`<h2>Tests and coverage</h2><div class="scroll"><table><thead><tr><th>What</th><th>State</th><th>Found</th><th class="number">Lines covered</th><th class="number">Changed lines</th><th>Tree</th></tr></thead><tbody>
${measurements.map((one) => html`<tr><td>${one.kind}</td><td>${one.state}${one.visit > 1 ? ` (${String(one.visit)})` : ''}</td><td>${one.summary}${one.failures.map(({ id, message }) => html`<details><summary class="bad">${id}</summary><pre>${message}</pre></details>`)}</td><td class="number">${percent(one.coverage?.lines)}</td><td class="number">${percent(one.coverage?.changedLines)}</td><td class="mono">${one.tree.slice(0, 12)}</td></tr>`)}</tbody></table></div>`;
}

function renderCriteria({ trace }: RunInspection): Html {
  if (trace.length === 0) return html``;
  return html`<h2>Criteria</h2><div class="scroll"><table><thead><tr><th>Criterion</th><th>Status</th><th>Tests</th></tr></thead><tbody>
${trace.map(({ criterion, text, status, tests }) => html`<tr><td><span class="mono">${criterion}</span> ${text}</td><td>${statusOf(status)}</td><td>${tests.map((test) => html`<p>${test.id}: ${test.status}</p>`)}</td></tr>`)}</tbody></table></div>`;
}

function renderCosts({ costs }: RunInspection): Html {
  return html`<h2>Cost by state and agent</h2><div class="scroll"><table><thead><tr><th>State</th><th>Agent</th><th class="number">Busy</th><th class="number">Model calls</th><th class="number">Tokens</th><th class="number">Cost</th></tr></thead><tbody>
${costs.map((one) => html`<tr><td>${one.state}</td><td>${one.agent}</td><td class="number">${seconds(one.busyMs)}</td><td class="number">${one.modelCalls}</td><td class="number">${tokens(one.usage)}</td><td class="number">${cost(one.usage)}</td></tr>`)}</tbody></table></div>`;
}

function renderDiff(files: readonly FileDiff[]): Html {
  if (files.length === 0) return html`<p class="quiet">No file is different.</p>`;
  return html`${files.map((file) => html`<details open><summary class="mono">${file.from === undefined ? '' : `${file.from} → `}${file.file} <span class="quiet">${file.status}, +${file.added} −${file.removed}</span></summary>
${file.lines.length === 0 ? html`<p class="quiet">No text to show.</p>` : html`<table class="diff">${file.lines.slice(0, mostShownLines).map(renderLine)}</table>`}
${file.omitted + Math.max(0, file.lines.length - mostShownLines) > 0 ? html`<p class="quiet">${file.omitted + Math.max(0, file.lines.length - mostShownLines)} more lines are left out.</p>` : ''}</details>`)}`;
}

function renderLine({ type, old, new: now, text }: DiffLine): Html {
  if (type === 'gap') return html`<tr class="quiet"><td class="line"></td><td class="line"></td><td class="mark"></td><td>⋯</td></tr>`;
  return html`<tr class="${type}"><td class="line">${old}</td><td class="line">${now}</td><td class="mark">${type === 'added' ? '+' : type === 'removed' ? '−' : ''}</td><td>${text}</td></tr>`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
const count = (number: number, noun: string): string => `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
const tokens = ({ inputTokens, outputTokens }: Usage): string => `${(inputTokens + outputTokens).toLocaleString('en')} tokens`;
const cost = ({ costNanoUsd }: Usage): string => (costNanoUsd === 'unknown' ? 'cost unknown' : `$${(costNanoUsd / 1e9).toFixed(costNanoUsd > 0 && costNanoUsd < 1e7 ? 6 : 2)}`);
const percent = (share: number | null | undefined): string => (share === null || share === undefined ? '–' : `${(share * 100).toFixed(1)} %`);
