import type { CommandResult } from '@fw/agents-core';
import { clipStart } from './clip.ts';
import type { ParsedResults } from './parsed-results.ts';
import type { TestCounts, TestReport } from './test-report.ts';

/** The status of one run: results and exit code have to tell the same story. */
export function decideStatus(result: CommandResult, parsed: ParsedResults, counts: TestCounts): Pick<TestReport, 'status' | 'reason'> {
  const bad = counts.failed + counts.errored + counts.timedOut;
  const ran = counts.passed + bad;
  if (result.timedOut) return { status: 'timed-out', reason: `it did not finish within ${result.durationMs} ms; ${ran} tests had ended` };
  if (result.exitCode === -1) return inconclusive('it could not be started', result);
  if (result.outOfMemory) return inconclusive('it went over its memory limit and was ended', result);
  if (bad > 0 && result.exitCode !== 0) return { status: 'failed', ...(parsed.status === 'unusable' ? { reason: parsed.reason } : {}) };
  if (parsed.status === 'unusable') return inconclusive(`${parsed.reason} (exit code ${result.exitCode})`, result);
  if (bad > 0) return inconclusive(`the exit code is 0, but ${bad} tests did not pass`, result);
  if (parsed.cases.length === 0) return { status: 'no-tests', reason: 'no test was found' };
  if (result.exitCode !== 0) return inconclusive(`the exit code is ${result.exitCode}, but no test failed`, result);
  if (ran === 0) return { status: 'no-tests', reason: `none of ${parsed.cases.length} tests ran` };
  return { status: 'passed' };
}

function inconclusive(reason: string, result: CommandResult): Pick<TestReport, 'status' | 'reason'> {
  const output = result.output.trim();
  return { status: 'inconclusive', reason: output === '' ? reason : `${reason}. Last output: ${clipStart(output, 1_500)}` };
}
