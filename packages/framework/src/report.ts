import type { Evidence, Task } from '@fw/agents-core';
import type { Verdict } from '@fw/testing';
import type { Decision } from './feedback/decide.ts';
import type { RunResult, StateSummary } from './framework.ts';
import type { RunResources } from './monitoring.ts';
import type { RunCounts } from './run-counts.ts';
import { summarizeEvidence } from './run-events.ts';
import type { TracedCriterion, TracedTest } from './trace/trace-criteria.ts';
import type { RunGate } from './verify-report.ts';

/** What is known of a run that has ended or pauses: a projection of its journal. */
export interface RunReport {
  readonly version: 1;
  readonly task: Task;
  readonly workspace: string;
  readonly result: RunResult;
  readonly states: readonly StateSummary[];
  readonly evidence: readonly Evidence[];
  /** Each criterion with the components, tests and evidence that stand behind it. */
  readonly trace: readonly TracedCriterion[];
  /** The last verdict with all that it takes to compute it again; null when nothing was measured. */
  readonly gate: RunGate | null;
  /** Absolute path of what was tried when the run did not succeed: not verified, not offered. */
  readonly rejected: string | null;
  readonly counts: RunCounts;
  /** What processes and commands took. */
  readonly resources: RunResources;
  /** What was chosen for it from past runs. */
  readonly feedback?: Decision;
  /** Hash of the last journal entry. */
  readonly head: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** The report for people, in Markdown. Text of models and tools is quoted as code, so it cannot format itself into the page. */
export function renderReport(report: RunReport): string {
  const { result, task, states, evidence } = report;
  const lines = [
    `# Run ${result.run}: ${result.status}`,
    '',
    ...(result.simulated ? ['**A scripted model played this run; it says nothing about the quality of a real one.**', ''] : []),
    ...quote(task.goal), '',
    ...(result.code === undefined ? [] : [`Ended with \`${result.code}\`:`, '', ...quote(result.message ?? ''), '']),
    ...renderVerdict(result.verdict),
    ...renderTrace(report.trace),
    '## States', '',
    '| state | visit | left by | time | model calls | tool calls | tokens in / out | CPU | peak memory |',
    '|---|---|---|---|---|---|---|---|---|',
    ...states.map((state) => `| ${state.state} | ${state.visit} | ${state.event ?? '–'} | ${(state.durationMs / 1000).toFixed(2)} s | ${state.modelCalls} | ${state.toolCalls} | ${state.usage.inputTokens} / ${state.usage.outputTokens} | ${(state.cpuMs / 1000).toFixed(2)} s | ${Math.round(state.peakMemoryBytes / 2 ** 20)} MiB |`),
    '',
    ...states.filter((state) => state.reasons.length > 0).flatMap((state) => [`### Why ${state.state} (${state.visit}) was not the end`, '', ...state.reasons.flatMap((reason) => [...quote(reason), '']), '']),
    '## Evidence', '',
    ...evidence.flatMap((one) => [`- \`${one.id}\` (${one.kind}, exit ${one.exitCode}, tree \`${one.tree.slice(0, 12)}\`, ${one.sandbox}): ${code(summarizeEvidence(one))}`]),
    '',
    '## Usage', '',
    `${result.usage.inputTokens} input tokens, ${result.usage.outputTokens} output tokens, cost ${result.usage.costNanoUsd === 'unknown' ? 'unknown' : `${(result.usage.costNanoUsd / 1e9).toFixed(6)} USD`}.`,
    '',
    `Patch: ${result.patch === null ? 'none' : code(result.patch)}`,
    ...(report.rejected === null ? [] : ['', `What was tried and not accepted: ${code(report.rejected)}`]),
    '',
    `Journal head: \`${report.head}\``,
    '',
  ];
  return lines.join('\n');
}

function renderVerdict(verdict: Verdict | null): readonly string[] {
  if (!verdict) return ['## Verdict', '', 'Nothing was measured.', ''];
  return [
    `## Verdict: ${verdict.verdict}`, '',
    '| gate | status | what was found |', '|---|---|---|',
    ...verdict.gates.map((gate) => `| ${gate.gate} | ${gate.status} | ${code(gate.message)} |`),
    '',
  ];
}

function renderTrace(trace: readonly TracedCriterion[]): readonly string[] {
  if (trace.length === 0) return [];
  const all = (items: readonly string[]): string => (items.length === 0 ? '–' : items.join('<br>'));
  return [
    '## Criteria', '',
    '| criterion | kind | status | components | tests | evidence |', '|---|---|---|---|---|---|',
    ...trace.map(({ criterion, text, kind, status, components, tests, evidence }) =>
      `| ${code(`${criterion}: ${text}`)} | ${kind} | ${status} | ${all(components.map(code))} | ${all(tests.map(renderTest))} | ${all(evidence.map(code))} |`),
    '',
  ];
}

function renderTest({ id, status, redFirst, linkedBy }: TracedTest): string {
  return `${code(id)} ${status}${redFirst === undefined ? '' : redFirst ? ', red before' : ', not red before'} (linked by ${linkedBy.join(', ')})`;
}

const code = (text: string): string => `\`${printable(text).replaceAll('`', "'").replaceAll('|', '\\|').replace(/\s+/g, ' ').slice(0, 500)}\``;
const quote = (text: string): readonly string[] => ['```text', ...printable(text).replaceAll('```', "'''").split('\n').slice(0, 40), '```'];
/** Control characters could hide text from a reader. */
const printable = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
