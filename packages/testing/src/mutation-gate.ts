import type { Evidence, Finding } from '@fw/agents-core';
import type { GateInput, GateOutcome } from './gate-input.ts';
import { mutationResultsSchema } from './mutation-results.ts';
import type { MutantResult } from './mutation-results.ts';
import type { Policy } from './policy.ts';
import { worstOutcome } from './worst-outcome.ts';

/** Tests notice enough of the mutants on changed lines. Whether they would is not known where the time was over before. */
export function judgeMutation({ evidence, policy }: GateInput): GateOutcome {
  const outcomes = evidence.filter((one) => one.kind === 'mutation').map((one) => judgeRun(one, policy.mutation));
  return worstOutcome(outcomes, { status: 'unavailable', message: 'no mutants were made', evidence: [] });
}

/** The mutants that no test noticed, as findings of the report. */
export function mutationFindings(evidence: readonly Evidence[], policy: Policy): readonly Finding[] {
  if (policy.gates.mutation === 'off') return [];
  const newest = evidence.filter((one) => one.kind === 'mutation').at(-1);
  return survivorsIn(newest).map((mutant) => ({ source: 'mutation', rule: mutant.mutator, category: 'mutation', severity: 'low', file: mutant.file, line: mutant.line, message: `No test fails when ${describe(mutant)}.`, isNew: true }));
}

function judgeRun(evidence: Evidence, { killed: least }: Policy['mutation']): GateOutcome {
  const say = (status: GateOutcome['status'], message: string): GateOutcome => ({ status, message, evidence: [evidence.id] });
  const results = mutationResultsSchema.safeParse(evidence.results).data;
  if (results === undefined) return say('inconclusive', 'the recorded mutants cannot be read');
  if (results.status !== 'measured') return say(results.status, results.reason);
  const { mutants, left, unread } = results;
  const count = (...statuses: readonly MutantResult['status'][]): number => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [noticed, survived, invalid, open] = [count('killed', 'timed-out'), count('survived'), count('invalid'), count('unfinished') + left];
  const note = [
    ...(invalid === 0 ? [] : [`with ${invalid} the tests could not be run`]),
    ...(unread.length === 0 ? [] : [`not mutated: ${unread.slice(0, 5).join(', ')}${unread.length > 5 ? ` and ${unread.length - 5} more` : ''}`]),
  ].map((text) => `; ${text}`).join('');
  if (mutants.length === 0) return say(unread.length === 0 ? 'passed' : 'inconclusive', `nothing on the changed lines can be mutated${note}`);
  const total = noticed + survived;
  const share = total === 0 ? 'none of the mutants could be tried' : `tests notice ${noticed} of ${total} mutants on changed lines`;
  const where = mutants.filter(({ status }) => status === 'survived').slice(0, 5).map((mutant) => `${mutant.file}:${mutant.line} ${describe(mutant)}`);
  const lost = `; ${Math.floor(least * 1_000) / 10} % are wanted. Not noticed: ${where.join('; ')}${survived > 5 ? `; and ${survived - 5} more` : ''}`;
  // Too few, whatever becomes of those that are open.
  if (survived > 0 && noticed + open < least * (total + open)) return say('failed', `${share}${lost}${note}`);
  if (open > 0) return say('inconclusive', `${share}, and the time was over before ${open} others were tried${note}`);
  return total === 0 ? say('inconclusive', `${share}${note}`) : say('passed', `${share}${note}`);
}

function describe({ mutator, original, replacement }: MutantResult): string {
  const text = (code: string): string => `\`${code.replace(/\s+/g, ' ').slice(0, 80)}\``;
  return `${text(original)} is ${replacement === '' ? 'left out' : text(replacement)} (${mutator})`;
}

function survivorsIn(evidence: Evidence | undefined): readonly MutantResult[] {
  const results = mutationResultsSchema.safeParse(evidence?.results).data;
  return results?.status === 'measured' ? results.mutants.filter(({ status }) => status === 'survived') : [];
}
