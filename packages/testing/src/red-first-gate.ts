import type { Evidence } from '@fw/agents-core';
import type { GateInput, GateOutcome } from './gate-input.ts';
import { redFirstResultsSchema } from './red-first-results.ts';
import { worstOutcome } from './worst-outcome.ts';

/** At least one new test failed on the base's code for a reason that the change takes away. */
export function judgeRedFirst({ evidence }: GateInput): GateOutcome {
  const outcomes = evidence.filter((one) => one.kind === 'red-first').map(judgeRun);
  return worstOutcome(outcomes, { status: 'unavailable', message: 'new tests were not run on the base', evidence: [] });
}

/** Tests that were green before prove nothing, but an honest refactoring adds such tests too: inconclusive, not failed. */
function judgeRun(evidence: Evidence): GateOutcome {
  const say = (status: GateOutcome['status'], message: string): GateOutcome => ({ status, message, evidence: [evidence.id] });
  const results = redFirstResultsSchema.safeParse(evidence.results).data;
  if (results === undefined) return say('inconclusive', 'the recorded red-first results cannot be read');
  if (results.status === 'unavailable') return say('unavailable', results.reason);
  const red = results.cases.filter((test) => ['assertion', 'missing', 'crash'].includes(test.onBase)).length;
  if (red > 0) return say('passed', `${red} of ${results.total} new tests failed on the base and pass now`);
  const broken = results.cases.filter((test) => test.onBase === 'broken').length;
  return say('inconclusive', `none of ${results.total} new tests shows that the change was needed: ${broken === 0 ? 'they passed on the base as well' : `${broken} could not run there`}`);
}
