import { toFindingsResults } from './findings-results.ts';
import type { FindingsResults } from './findings-results.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { otherLanguages } from './other-languages.ts';
import { reportSecurity } from './security.ts';
import type { ValidatorInput } from './validator.ts';

/** Evidence of kind `security`: what our own analysis of JavaScript and TypeScript finds. It runs nothing of the project. */
export async function measureSecurity(input: ValidatorInput): Promise<Measurement> {
  const startedAt = Date.now();
  const changed = await changedFiles(input);
  const others = otherLanguages(changed);
  const results = others.length > 0 && !changed.some((file) => /\.[cm]?[jt]sx?$/.test(file)) ? onlyOthers(others) : await analyse(input, others);
  return toMeasurement({ kind: 'security', tree: input.head, startedAt, results, sandbox: 'none: it ran in this process' });
}

async function changedFiles({ workspace, base, head }: ValidatorInput): Promise<readonly string[]> {
  if (base === head) return workspace.files(head);
  return (await workspace.changes(base, head)).filter(({ status }) => status !== 'deleted').map(({ file }) => file);
}

function onlyOthers(others: readonly string[]): FindingsResults {
  return { status: 'unavailable', validator: 'security', reason: `it reads JavaScript and TypeScript alone, and what is to be judged is ${others.join(', ')}` };
}

async function analyse(input: ValidatorInput, others: readonly string[]): Promise<FindingsResults> {
  const { findings, partly } = await reportSecurity(input);
  return toFindingsResults('security', findings, {
    ...(partly.length === 0 ? {} : { partly: partly.slice(0, 100) }),
    ...(others.length === 0 ? {} : { note: `not read: ${others.join(', ')}` }),
  });
}
