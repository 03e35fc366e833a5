import type { Evidence } from '@fw/agents-core';
import { baselineResultsSchema } from './baseline.ts';
import type { GateInput, GateOutcome } from './gate-input.ts';
import type { Policy } from './policy.ts';
import { idDigest, testResultsSchema } from './test-results.ts';
import type { TestResults } from './test-results.ts';
import { approvedFiles, judgeTestChanges } from './test-changes-gate.ts';
import { worstOutcome } from './worst-outcome.ts';

/** All tests pass, none that the base had is gone, none is newly skipped, and nothing speaks against the run itself. */
export function judgeTests({ evidence, baseline, policy }: GateInput): GateOutcome {
  const before = baseline === undefined ? undefined : baselineResultsSchema.safeParse(baseline.results).data?.tests;
  const changes = evidence.filter((one) => one.kind === 'test-changes');
  const excused = new Set(changes.flatMap((one) => approvedFiles(one, policy)));
  const judged = evidence.filter((one) => one.kind === 'tests').map((one) => {
    const outcome = judgeRun(one, before, baseline, excused, policy);
    return outcome.status === 'passed' ? (distrust(one) ?? outcome) : outcome;
  });
  const outcome = worstOutcome(judged, { status: 'inconclusive', message: 'the tests were not run', evidence: [] });
  const [first, ...others] = changes.map((one) => judgeTestChanges(one, evidence, policy)).filter((one) => one !== undefined);
  if (first === undefined || outcome.status === 'inconclusive' && judged.length === 0) return outcome;
  return worseOf(outcome, others.reduce(worseOf, first));
}

/** Why a run that looks passed is not believed. */
function distrust(evidence: Evidence): GateOutcome | undefined {
  const canary = testResultsSchema.safeParse(evidence.results).data?.canary;
  if (canary?.status !== 'misreported') return undefined;
  return { status: 'inconclusive', message: `the run cannot be believed: ${canary.reason ?? 'a canary was misreported'}`, evidence: [evidence.id] };
}

/** A failure counts before doubt, and doubt before success; both messages are kept where both speak against it. */
function worseOf(left: GateOutcome, right: GateOutcome): GateOutcome {
  const rank = { failed: 0, inconclusive: 1, unavailable: 2, passed: 3 };
  const [worse, better] = rank[left.status] <= rank[right.status] ? [left, right] : [right, left];
  // Measured again on the same tree it says the same: said once, so that a loop that stands still is seen as one.
  const isSaid = worse.message === better.message || worse.message.endsWith(`; ${better.message}`);
  const message = better.status === 'passed' || worse.status === 'passed' || isSaid ? worse.message : `${worse.message}; ${better.message}`;
  return { status: worse.status, message, evidence: [...new Set([...worse.evidence, ...better.evidence])] };
}

function judgeRun(evidence: Evidence, before: TestResults | undefined, baseline: Evidence | undefined, excused: ReadonlySet<string>, policy: Policy): GateOutcome {
  const ids = [evidence.id, ...(before === undefined || baseline === undefined ? [] : [baseline.id])];
  const say = (status: GateOutcome['status'], message: string): GateOutcome => ({ status, message, evidence: ids });
  const parsed = testResultsSchema.safeParse(evidence.results);
  if (!parsed.success) return say('inconclusive', 'the recorded test results cannot be read');
  const { report, cases } = parsed.data;
  const flaky = cases.filter((test) => test.flaky === true && isBad(test.status));
  const forgiven = policy.flaky === 'pass' && report.status === 'failed' && report.reason === undefined ? flaky.length : 0;
  const again = cases.filter((test) => test.flaky === true).map((test) => test.id);
  const flakyNote = again.length === 0 ? '' : `; flaky, passed when run again: ${list(again)}`;
  const bad = -forgiven + Math.max(report.failed + report.errored + report.timedOut, cases.filter((test) => isBad(test.status)).length);
  if (bad > 0 && report.status !== 'inconclusive') return say('failed', `${describeBad(bad, cases, before)}${flakyNote}`);
  if (report.status === 'timed-out' && before?.report.status === 'passed') return say('failed', `the tests did not finish; on the base they did in ${Math.round(before.report.durationMs)} ms`);
  if (report.status === 'no-tests' && before !== undefined && before.report.passed > 0) return say('failed', `no test runs any more; ${before.report.passed} passed on the base`);
  // Where everything that failed passed when run again, what is left to check is the same as after a passed run.
  if (forgiven === 0 && report.status !== 'passed') return say('inconclusive', report.reason ?? report.status);
  if (report.passed === 0 || (evidence.exitCode !== 0 && forgiven === 0)) return say('inconclusive', `${report.passed} tests passed with exit code ${evidence.exitCode}: that does not fit a passed run`);
  if (before === undefined) return say('passed', `${report.passed} tests passed${report.skipped + report.todo > 0 ? `, ${report.skipped + report.todo} skipped or todo` : ''}${flakyNote}`);
  const gone = vanished(before, parsed.data, excused);
  if (gone.length > 0) return say('failed', `${gone.length} tests of the base are gone: ${list(gone)}`);
  const skipped = newlySkipped(before, parsed.data, excused);
  if (skipped.length > 0) return say('failed', `${skipped.length} tests are newly skipped or todo: ${list(skipped)}`);
  return say('passed', `${report.passed} tests passed; ${before.report.passed} did on the base${flakyNote}`);
}

type Case = TestResults['cases'][number];

function isBad(status: Case['status']): boolean {
  return status === 'failed' || status === 'errored' || status === 'timed-out';
}

function describeBad(bad: number, cases: readonly Case[], before: TestResults | undefined): string {
  const failing = cases.filter((test) => isBad(test.status)).map((test) => test.id);
  const old = new Set(before?.cases.filter((test) => isBad(test.status)).map((test) => test.id));
  const already = failing.filter((id) => old.has(id)).length;
  const note = already === 0 ? '' : ` (${already} failed before the change as well)`;
  return `${bad} tests did not pass${note}: ${list(failing)}`;
}

/** Ids of the base that the change's run does not know; cases that were cut are compared by digest. */
function vanished(before: TestResults, now: TestResults, excused: ReadonlySet<string>): readonly string[] {
  const known = new Set([...now.cases.map((test) => idDigest(test.id)), ...(now.cut?.otherIds ?? [])]);
  const named = before.cases.filter((test) => !known.has(idDigest(test.id)) && !excused.has(test.file)).map((test) => test.id);
  const others = (before.cut?.otherIds ?? []).filter((digest) => !known.has(digest));
  return [...named, ...others];
}

function newlySkipped(before: TestResults, now: TestResults, excused: ReadonlySet<string>): readonly string[] {
  const old = new Set(before.cases.filter((test) => isIdle(test.status)).map((test) => test.id));
  return now.cases.filter((test) => isIdle(test.status) && !old.has(test.id) && !excused.has(test.file)).map((test) => test.id);
}

function isIdle(status: Case['status']): boolean {
  return status === 'skipped' || status === 'todo';
}

function list(ids: readonly string[]): string {
  const shown = ids.slice(0, 5).join('; ');
  return ids.length > 5 ? `${shown}; and ${ids.length - 5} more` : shown;
}
