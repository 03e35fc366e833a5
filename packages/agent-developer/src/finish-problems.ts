import { changedFiles } from '@fw/agents-core';
import type { Criterion, RevisionRequest, ToolExchange } from '@fw/agents-core';
import type { AddedTest } from './change.ts';
import type { Finish } from './finish.ts';
import { findTestRuns, isWholeRun, wasSeen } from './test-runs.ts';
import type { TestsFirst } from './tests-first.ts';

/** What a report is checked against. */
export interface FinishView {
  readonly criteria: readonly Criterion[];
  readonly requests: readonly RevisionRequest[];
  /** A tool runs tests. */
  readonly canTest: boolean;
  readonly tests: TestsFirst;
  readonly exchanges: readonly ToolExchange[];
}

export interface FinishProblem {
  readonly reason: string;
  /** What is wrong, and the way out. */
  readonly message: string;
}

/** Tools that change files. */
export const changingTools: readonly string[] = ['edit_file', 'apply_patch', 'write_file', 'run'];

const mostNamed = 10;

/** Everything that speaks against the end that the model has called for. */
export function findProblems(input: Finish, view: FinishView): readonly FinishProblem[] {
  const { tests } = view;
  const notRed = tests.added().filter(({ passed, red }) => passed && red !== 'assertion' && red !== 'error');
  const found: readonly (readonly [reason: string, message: string | undefined])[] = [
    ['contradiction', input.blocked === undefined ? undefined : 'The report says that every criterion is met and that the work is blocked: leave blocked out, or say which criterion cannot be met.'],
    ['missing', sayMissing(input, view)],
    ['unanswered', sayUnanswered(input, view)],
    ['untested', view.canTest ? sayUntested(view.exchanges) : undefined],
    ['not-red', notRed.length === 0 ? undefined : sayNotRed(notRed)],
    ['frozen', sayNamed(tests.changed().map(({ id }) => id), 'These tests were changed or switched off after they were seen red; put them back as they were')],
    ['touched', sayNamed(tests.touched().map(({ what }) => what), 'Existing tests are the specification, and some no longer check what they did; put them back, or say in the summary why the task asks for it')],
    ['evidence', sayUnseen(input, view.exchanges)],
  ];
  return found.flatMap(([reason, message]) => (message === undefined ? [] : [{ reason, message }]));
}

function sayMissing(input: Finish, { criteria }: FinishView): string | undefined {
  const missing = criteria.filter(({ id }) => !input.criteria.some((report) => report.id === id)).map(({ id }) => id);
  return missing.length === 0 ? undefined : `These criteria have no report: ${missing.join(', ')}.`;
}

function sayUnanswered(input: Finish, { requests }: FinishView): string | undefined {
  const open = requests.filter(({ id }) => !input.answers.some((answer) => answer.request === id)).map(({ id }) => id);
  return open.length === 0 ? undefined : `These open requests have no answer: ${open.join(', ')}. Give each one in answers.`;
}

function sayUntested(exchanges: readonly ToolExchange[]): string | undefined {
  const runs = findTestRuns(exchanges);
  const changedAfter = (run: ToolExchange | undefined): boolean => exchanges.slice(run === undefined ? 0 : exchanges.indexOf(run) + 1).some((exchange) => changedFiles(exchange, changingTools));
  if (!changedAfter(runs.findLast(isWholeRun))) return undefined;
  return changedAfter(runs.at(-1)) ? 'Files were changed after the last run of the tests: call run_tests with scope all.' : 'Only a part of the tests has run since files were changed: call run_tests with scope all.';
}

function sayNotRed(tests: readonly AddedTest[]): string {
  const why = { missing: ' (it only failed because something was missing)', syntax: ' (its file could not be read)', timeout: ' (it only ran out of time)' };
  const names = tests.map(({ id, red }) => `${id}${red in why ? why[red as keyof typeof why] : ''}`);
  return `${named(names, 'These new tests were never seen to fail by their assertion, so nothing shows that they test the change')} Make the code wrong for them (a stub is enough), call run_tests, see the assertion fail, and put the code back. Where a test only keeps what held before, say so in the summary.`;
}

function sayUnseen(input: Finish, exchanges: readonly ToolExchange[]): string | undefined {
  const runs = findTestRuns(exchanges);
  const unseen = [...new Set(input.criteria.flatMap(({ evidence }) => evidence))].filter((id) => !wasSeen(id, runs));
  return unseen.length === 0 ? undefined : `No result of run_tests has this evidence: ${unseen.join(', ')}.`;
}

function sayNamed(items: readonly string[], what: string): string | undefined {
  return items.length === 0 ? undefined : named(items, what);
}

function named(items: readonly string[], what: string): string {
  const shown = items.slice(0, mostNamed).map((item) => item.slice(0, 300));
  return `${what}: ${shown.join('; ')}${items.length > shown.length ? `; and ${items.length - shown.length} more` : ''}.`;
}
