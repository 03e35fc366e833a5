import type { GateInput, GateOutcome } from './gate-input.ts';
import { sealResultsSchema } from './seal-results.ts';
import { worstOutcome } from './worst-outcome.ts';

/** All sealed tests pass. Which of them failed is not said: whoever has to satisfy them could read it. */
export function judgeSeal({ evidence }: GateInput): GateOutcome {
  const outcomes = evidence.filter((one) => one.kind === 'seal').map((one): GateOutcome => {
    const say = (status: GateOutcome['status'], message: string): GateOutcome => ({ status, message, evidence: [one.id] });
    const results = sealResultsSchema.safeParse(one.results).data;
    if (results === undefined) return say('inconclusive', 'the recorded sealed tests cannot be read');
    const { status, reason, passed, failed, sha256 } = results;
    if (failed > 0 && status !== 'inconclusive') return say('failed', `${failed} of ${passed + failed} sealed tests did not pass (sha256 ${sha256})`);
    if (status !== 'passed' || passed === 0 || one.exitCode !== 0) return say('inconclusive', reason ?? `the run of the sealed tests is ${status}`);
    return say('passed', `${passed} sealed tests passed (sha256 ${sha256})`);
  });
  return worstOutcome(outcomes, { status: 'unavailable', message: 'no sealed tests were given: fw judge --sealed <folder>', evidence: [] });
}
