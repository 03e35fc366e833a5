import { toFindingsResults } from './findings-results.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { reportSecurity } from './security.ts';
import type { ValidatorInput } from './validator.ts';

/** Evidence of kind `security`: what our own analysis of JavaScript and TypeScript finds. It runs nothing of the project. */
export async function measureSecurity(input: ValidatorInput): Promise<Measurement> {
  const startedAt = Date.now();
  const { findings, partly } = await reportSecurity(input);
  const results = toFindingsResults('security', findings, partly.length === 0 ? {} : { partly: partly.slice(0, 100) });
  return toMeasurement({ kind: 'security', tree: input.head, startedAt, results, sandbox: 'none: it ran in this process' });
}
