import { drawTag, readOutput, runLoop } from '@fw/agents-core';
import type { AgentContext, Finding, TerminalTool, ToolExchange } from '@fw/agents-core';
import { changedLines } from './changed-lines.ts';
import type { FileLines } from './changed-lines.ts';
import { cutDiff } from './cut-diff.ts';
import type { Pass } from './passes.ts';
import { changePrompt } from './prompt.ts';
import type { Prompt } from './prompt.ts';
import { readDiff } from './read-diff.ts';
import type { Diff } from './read-diff.ts';
import { changeInput } from './review-input.ts';
import type { ReviewFinding, ReviewInput } from './review-input.ts';
import { settleFindings } from './settle-findings.ts';
import type { PassReport, Review } from './review.ts';

/** Characters of the diff that a pass is shown, and of the declarations. */
const shownDiff = 48_000;
const shownSignatures = 6_000;
const mostOutlines = 12;
const maxTurns = 24;
/** Files of a diff that was cut whose own diff is looked at, so that a finding in them can be placed. */
const mostLookups = 10;
/** Errors of a model that concern one conversation. Anything else concerns the run. */
const ofOnePass = /^FW_MODEL_(TRUNCATED|PARTIAL|CONTEXT|PARAMETER|INVALID|POLICY|PROTOCOL|MALFORMED|FAILED)$/;

/** The review of a change in passes side by side; when none comes to an end, the first one's failure. */
export async function reviewChange(context: AgentContext, tools: readonly string[], checks: readonly Finding[], passes: readonly Pass[]): Promise<Review | { readonly code: string; readonly message: string }> {
  const diff = await readDiff(context);
  const shown = diff === undefined ? undefined : cutDiff(diff.text, shownDiff);
  const signatures = await readSignatures(context, diff);
  const tag = drawTag(context);
  const { task, artifacts, requests } = context;
  const outcomes = await context.all('passes', passes.map((pass) => (branch) => makePass(branch, pass, tools, changePrompt({ task, artifacts, requests, tools, tag, diff: shown, signatures, pass }))), { concurrency: passes.length });

  const failed = outcomes.filter(({ report }) => report.status === 'failed');
  const [first] = failed;
  if (first !== undefined && failed.length === outcomes.length) return { code: first.report.code ?? 'FW_MODEL_FAILED', message: `No pass of the review came to an end. ${failed.map(({ report }) => `${report.name}: ${report.message ?? ''}`).join(' ')}` };

  const found = outcomes.map(({ report, findings, exchanges }) => ({ pass: report.name, findings, exchanges }));
  const known = await linesOf(context, diff, found.flatMap(({ findings }) => findings));
  const { findings, dropped } = settleFindings(found, { diff: diff?.text ?? '', lines: (file) => known.get(file), checks });
  const blocking = findings.some(({ severity }) => severity === 'high' || severity === 'critical');
  const cut = [...(shown?.cut ?? []), ...(diff?.isCut === true ? ['the end of the diff'] : [])];
  return { subject: 'change', approved: !blocking, findings, dropped, passes: outcomes.map(({ report }) => report), cut };
}

interface PassOutcome {
  readonly report: PassReport;
  readonly findings: readonly ReviewFinding[];
  readonly exchanges: readonly ToolExchange[];
}

async function makePass(context: AgentContext, { name }: Pass, tools: readonly string[], { system, prompt }: Prompt): Promise<PassOutcome> {
  const failed = (code: string, message: string): PassOutcome => ({ report: { name, status: 'failed', findings: 0, code, message }, findings: [], exchanges: [] });
  try {
    const result = await runLoop(context, { system, prompt, tools, terminal: [submitReview], maxTurns });
    if (result.status !== 'submitted') return failed(result.code, result.message);
    // As the loop has parsed it.
    const { findings } = result.input as unknown as ReviewInput;
    return { report: { name, status: 'done', findings: findings.length }, findings, exchanges: result.exchanges };
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    if (!ofOnePass.test(String(code))) throw error;
    return failed(String(code), String(message));
  }
}

const submitReview: TerminalTool<typeof changeInput> = {
  name: 'submit_review',
  description: 'Hands in the findings of the pass and ends it.',
  input: changeInput,
};

/** The changed lines by file; where the diff was cut, those of the files that findings name are looked up one by one. */
async function linesOf(context: AgentContext, diff: Diff | undefined, findings: readonly ReviewFinding[]): Promise<ReadonlyMap<string, FileLines>> {
  const known = new Map<string, FileLines>(changedLines(diff?.text ?? ''));
  if (diff?.isCut !== true) return known;
  const files = [...new Set(findings.map(({ file }) => file.replace(/^(\.\/)+/, '')))].filter((file) => file !== '').slice(0, mostLookups);
  for (const file of files) {
    const lines = changedLines((await readDiff(context, file))?.text ?? '').get(file);
    if (lines !== undefined) known.set(file, lines);
  }
  return known;
}

/** What the changed files declare, as far as there is room for it. */
async function readSignatures(context: AgentContext, diff: Diff | undefined): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const files = [...changedLines(diff?.text ?? '')].filter(([, { added }]) => added.length > 0).map(([file]) => file).slice(0, mostOutlines);
  if (files.length === 0 || !context.tools.list.some((tool) => tool.name === 'read_file')) return [];
  const outputs = await context.tools.callAll(files.map((file, index) => ({ id: `review-outline-${index}`, name: 'read_file', arguments: { path: file, outline: true } })));
  const outlines = files.flatMap((file, index) => {
    const { ok, text = '', truncated } = readOutput(outputs[index] ?? null);
    // Without declarations there is one sentence that says so.
    const lines = text.split('\n').slice(1).filter((line) => /^\d+\t/.test(line)).join('\n');
    return ok === true && truncated === undefined && lines !== '' ? [{ file, text: lines }] : [];
  });
  let room = shownSignatures;
  return outlines.filter(({ text }) => (room -= text.length) >= 0);
}
