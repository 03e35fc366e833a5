import type { z } from 'zod';
import { loadZod, withZod } from '@fw/agents-core/with-zod';
import type { Criterion, RevisionRequest, TerminalTool } from '@fw/agents-core';
import type { Change, CriterionReport, RequestAnswer } from './change.ts';
import { findProblems } from './finish-problems.ts';
import { describeRun, findTestRuns, wasSeen } from './test-runs.ts';
import type { FinishView } from './finish-problems.ts';

/** What the model hands in at the end. */
export interface Finish {
  readonly summary: string;
  readonly criteria: readonly CriterionReport[];
  readonly answers: readonly RequestAnswer[];
  /** An honest end: why the work cannot be done, and which statements contradict each other. */
  readonly blocked?: { readonly reason: string; readonly conflict: string } | undefined;
}

const text = withZod((z) => z.string().trim().min(1));

/** The schema of `finish` for these criteria and open requests: only their ids exist. */
export function finishSchema(criteria: readonly Criterion[], requests: readonly RevisionRequest[]): z.ZodType<Finish> {
  const z = loadZod();
  const idOf = (ids: readonly string[], what: string, all: string): z.ZodType<string> =>
    ids.length === 0 ? text : z.enum(ids, { error: (issue) => `There is no ${what} ${JSON.stringify(issue.input)}. ${all}: ${ids.join(', ')}.` });
  const report = z.object({
    id: idOf(criteria.map(({ id }) => id), 'criterion', 'Criteria'),
    status: z.enum(['met', 'not_met', 'blocked']),
    evidence: z.array(z.string()).default([]).describe('Ids of runs or test cases of run_tests that show it.'),
  });
  const answer = z.object({ request: idOf(requests.map(({ id }) => id), 'open request', 'Open requests'), answer: text.describe('What was done about it, or why nothing was.') });
  return z.object({
    summary: text.describe('What was changed and why, in a few sentences.'),
    criteria: criteria.length === 0 ? z.array(report).default([]) : z.array(report).min(1).describe('One for each criterion, by its id.'),
    answers: z.array(answer).default([]).describe(requests.length === 0 ? 'There is no open request.' : 'One for each open request, by its id.'),
    blocked: z.object({ reason: text, conflict: z.string().default('').describe('Which statements of task, tests or project contradict each other.') }).optional(),
  });
}

/** The terminal tool of the developer. Each reason refuses one `finish` only: a model that insists is not held up for ever. */
export function finishTool(view: Omit<FinishView, 'exchanges'>): TerminalTool<z.ZodType<Finish>> {
  const said = new Set<string>();
  return {
    name: 'finish',
    description: 'Ends the work with a report on each criterion and an answer to each open request. Say "blocked" when the work cannot be done; that is a valid end.',
    input: finishSchema(view.criteria, view.requests),
    check(input, exchanges) {
      if (isBlocked(input, view.criteria)) return undefined;
      const problems = findProblems(input, { ...view, exchanges }).filter(({ reason }) => !said.has(reason));
      for (const { reason } of problems) said.add(reason);
      return problems.length === 0 ? undefined : `Not finished. ${problems.map(({ message }) => message).join(' ')} Then call finish again.`;
    },
  };
}

/** Said, and borne out by the report: where every criterion is met, nothing stands in the way, and the gate decides. */
export function isBlocked({ blocked, criteria: reports }: Finish, criteria: readonly Criterion[]): boolean {
  const isMet = ({ id }: Criterion): boolean => reports.some((report) => report.id === id) && reports.every((report) => report.id !== id || report.status === 'met');
  return blocked !== undefined && !(criteria.length > 0 && criteria.every(isMet));
}

/** The report as it can be held: every criterion once, evidence that was seen, the runs that were made and what they have shown. */
export function settleChange(input: Finish, { criteria, exchanges, tests }: FinishView): Change {
  const runs = findTestRuns(exchanges);
  const reports = criteria.length === 0 ? input.criteria : criteria.map(({ id }) => worstOf(id, input.criteria));
  const frozen = tests.changed().map(({ id, file }) => ({ file, what: `${id} was changed or switched off after it was seen red.` }));
  return {
    summary: input.summary,
    criteria: reports.map((report) => ({ ...report, evidence: report.evidence.filter((id) => wasSeen(id, runs)) })),
    answers: input.answers,
    testRuns: runs.map(describeRun),
    addedTests: tests.added(),
    touchedTests: [...tests.touched(), ...frozen],
  };
}

/** A criterion that is left out is not met; one that is named twice is as bad as it is called. */
function worstOf(id: string, reports: readonly CriterionReport[]): CriterionReport {
  const own = reports.filter((report) => report.id === id);
  return own.find((report) => report.status !== 'met') ?? own[0] ?? { id, status: 'not_met', evidence: [] };
}
