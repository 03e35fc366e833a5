import type { Evidence } from '@fw/agents-core';
import { coverageResultsSchema } from './coverage-results.ts';
import type { GateInput, GateOutcome } from './gate-input.ts';
import type { Policy } from './policy.ts';
import { worstOutcome } from './worst-outcome.ts';

/** Tests run enough of the changed lines. */
export function judgeCoverage({ evidence, policy }: GateInput): GateOutcome {
  const outcomes = evidence.filter((one) => one.kind === 'coverage').map((one) => judgeRun(one, policy));
  return worstOutcome(outcomes, { status: 'unavailable', message: 'coverage was not measured', evidence: [] });
}

function judgeRun(evidence: Evidence, policy: Policy): GateOutcome {
  const say = (status: GateOutcome['status'], message: string): GateOutcome => ({ status, message, evidence: [evidence.id] });
  const results = coverageResultsSchema.safeParse(evidence.results).data;
  if (results === undefined) return say('inconclusive', 'the recorded coverage cannot be read');
  if (results.status === 'unavailable') return say('unavailable', results.reason);
  const { changedLines, changedBranches, changed, lines } = results;
  const total = `${percent(lines)} of all loaded lines`;
  if (changedLines === null) return say('passed', `no line of source code changed; ${total}`);
  const least = policy.coverage.changedLines;
  const ways = changedBranches === null ? '' : `, ${percent(changedBranches)} of their branches`;
  const message = `${percent(changedLines)} of ${changed.total} changed lines ran${ways}; ${total}`;
  const leastBranches = policy.coverage.changedBranches;
  if (changedLines >= least && changedBranches !== null && changedBranches < leastBranches) return say('failed', `${message}; ${percent(leastBranches)} of the branches are wanted`);
  if (changedLines >= least) return say('passed', message);
  const where = changed.uncovered.slice(0, 5).map(({ file, lines: missed }) => `${file}:${missed.slice(0, 10).join(',')}`);
  return say('failed', `${message}; ${percent(least)} are wanted. Not run: ${where.join('; ')}`);
}

function percent(share: number | null): string {
  return share === null ? 'none' : `${Math.floor(share * 1_000) / 10} %`;
}
