import type { Evidence, Severity } from '@fw/agents-core';
import { findingsResultsSchema } from './findings-results.ts';
import type { GateInput, GateOutcome } from './gate-input.ts';
import type { GateResult } from './verdict.ts';
import { worstOutcome } from './worst-outcome.ts';

const severities: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

/** Not more new findings than are allowed. */
export function judgeFindings(kind: string, { evidence }: GateInput, most: number, rejectFrom: Severity = 'low'): GateOutcome {
  const counted = severities.slice(severities.indexOf(rejectFrom));
  const outcomes = evidence.filter((one) => one.kind === kind).map((one) => judgeRun(one, counted, most));
  return worstOutcome(outcomes, { status: 'unavailable', message: `${kind} was not measured`, evidence: [] });
}

/** One gate for each plugin's validator; new findings from the policy's severity on reject. */
export function judgePluginFindings({ evidence, policy }: GateInput): readonly GateResult[] {
  const own = evidence.filter((one) => one.kind === 'findings');
  const names = [...new Set(own.map(validatorOf))].sort();
  const counted = severities.slice(severities.indexOf(policy.plugins.rejectFrom));
  return names.map((name) => {
    const outcomes = own.filter((one) => validatorOf(one) === name).map((one) => judgeRun(one, counted, 0));
    return { gate: `validator/${name}`, ...worstOutcome(outcomes, { status: 'unavailable', message: 'it did not run', evidence: [] }) };
  });
}

function validatorOf(evidence: Evidence): string {
  return findingsResultsSchema.safeParse(evidence.results).data?.validator ?? 'unknown';
}

function judgeRun(evidence: Evidence, counted: readonly Severity[], most: number): GateOutcome {
  const say = (status: GateOutcome['status'], message: string): GateOutcome => ({ status, message, evidence: [evidence.id] });
  const results = findingsResultsSchema.safeParse(evidence.results).data;
  if (results === undefined) return say('inconclusive', 'the recorded findings cannot be read');
  if (results.status !== 'measured') return say(results.status, results.reason);
  const count = (among: readonly Severity[]): number => among.reduce((sum, severity) => sum + results.newBySeverity[severity], 0);
  const weighty = count(counted);
  const cut = results.partly === undefined ? '' : `; looked at in part: ${results.partly.slice(0, 3).join(', ')}${results.partly.length > 3 ? ` and ${results.partly.length - 3} more` : ''}`;
  const partly = `${cut}${results.note === undefined ? '' : `; ${results.note}`}`;
  if (weighty <= most) return say('passed', `${count(severities)} new findings, ${results.total} in all${partly}`);
  const places = results.findings.filter((finding) => finding.isNew && counted.includes(finding.severity)).slice(0, 5);
  return say('failed', `${weighty} new findings: ${places.map((finding) => `${finding.file}:${finding.line} ${finding.rule}`).join('; ')}${partly}`);
}
