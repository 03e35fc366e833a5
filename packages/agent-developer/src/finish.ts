import { z } from 'zod';
import { changedFiles } from '@fw/agents-core';
import type { Criterion, TerminalTool, ToolExchange } from '@fw/agents-core';
import type { Change, CriterionReport } from './change.ts';
import { describeRun, findTestRuns, wasSeen } from './test-runs.ts';

/** What the model hands in at the end. */
export interface Finish {
  readonly summary: string;
  readonly criteria: readonly CriterionReport[];
  /** An honest end: why the work cannot be done, and which statements contradict each other. */
  readonly blocked?: { readonly reason: string; readonly conflict: string } | undefined;
}

/** Tools that change files. */
export const changingTools: readonly string[] = ['edit_file', 'apply_patch', 'write_file', 'run'];

const text = z.string().trim().min(1);

/** The schema of `finish` for these criteria: only their ids exist. */
export function finishSchema(criteria: readonly Criterion[]): z.ZodType<Finish> {
  const ids = criteria.map(({ id }) => id);
  const id = ids.length === 0 ? text : z.enum(ids, { error: (issue) => `There is no criterion ${JSON.stringify(issue.input)}. Criteria: ${ids.join(', ')}.` });
  const report = z.object({
    id,
    status: z.enum(['met', 'not_met', 'blocked']),
    evidence: z.array(z.string()).default([]).describe('Ids of runs or test cases of run_tests that show it.'),
  });
  return z.object({
    summary: text.describe('What was changed and why, in a few sentences.'),
    criteria: ids.length === 0 ? z.array(report).default([]) : z.array(report).min(1).describe('One for each criterion, by its id.'),
    blocked: z.object({ reason: text, conflict: z.string().default('').describe('Which statements of task, tests or project contradict each other.') }).optional(),
  });
}

/** The terminal tool of the developer. Each reason refuses one `finish` only: a model that insists is not held up for ever. */
export function finishTool(criteria: readonly Criterion[], options: { readonly canTest: boolean }): TerminalTool<z.ZodType<Finish>> {
  const said = new Set<string>();
  const once = (reason: string, message: string | undefined): string | undefined => {
    if (message === undefined || said.has(reason)) return undefined;
    said.add(reason);
    return message;
  };
  return {
    name: 'finish',
    description: 'Ends the work with a report on each criterion. Say "blocked" when the work cannot be done; that is a valid end.',
    input: finishSchema(criteria),
    check(input, exchanges) {
      if (input.blocked !== undefined) return undefined;
      const problems = [
        once('missing', sayMissing(input, criteria)),
        once('untested', options.canTest ? sayUntested(exchanges) : undefined),
        once('evidence', sayUnseen(input, exchanges)),
      ].filter((problem) => problem !== undefined);
      return problems.length === 0 ? undefined : `Not finished. ${problems.join(' ')} Then call finish again.`;
    },
  };
}

/** The report as it can be held: every criterion once, evidence that was seen, the runs that were made. */
export function settleChange(input: Finish, criteria: readonly Criterion[], exchanges: readonly ToolExchange[]): Change {
  const runs = findTestRuns(exchanges);
  const reports = criteria.length === 0 ? input.criteria : criteria.map(({ id }) => worstOf(id, input.criteria));
  return {
    summary: input.summary,
    criteria: reports.map((report) => ({ ...report, evidence: report.evidence.filter((id) => wasSeen(id, runs)) })),
    testRuns: runs.map(describeRun),
  };
}

/** A criterion that is left out is not met; one that is named twice is as bad as it is called. */
function worstOf(id: string, reports: readonly CriterionReport[]): CriterionReport {
  const own = reports.filter((report) => report.id === id);
  return own.find((report) => report.status !== 'met') ?? own[0] ?? { id, status: 'not_met', evidence: [] };
}

function sayMissing(input: Finish, criteria: readonly Criterion[]): string | undefined {
  const missing = criteria.filter(({ id }) => !input.criteria.some((report) => report.id === id)).map(({ id }) => id);
  return missing.length === 0 ? undefined : `These criteria have no report: ${missing.join(', ')}.`;
}

function sayUntested(exchanges: readonly ToolExchange[]): string | undefined {
  const last = findTestRuns(exchanges).at(-1);
  const after = last === undefined ? exchanges : exchanges.slice(exchanges.indexOf(last) + 1);
  const changed = after.some((exchange) => changedFiles(exchange, changingTools));
  return changed ? 'Files were changed after the last run of the tests: call run_tests.' : undefined;
}

function sayUnseen(input: Finish, exchanges: readonly ToolExchange[]): string | undefined {
  const runs = findTestRuns(exchanges);
  const unseen = [...new Set(input.criteria.flatMap(({ evidence }) => evidence))].filter((id) => !wasSeen(id, runs));
  return unseen.length === 0 ? undefined : `No result of run_tests has this evidence: ${unseen.join(', ')}.`;
}
