import type { TaskWorkspace } from '@fw/agents-core';
import { createDeadCodeProblems } from './dead-code-problems.ts';
import { createDuplicationProblems } from './duplication-problems.ts';
import { eslintProblems } from './eslint-problems.ts';
import { measureComplexity } from './measure-complexity.ts';
import { measureDependencies } from './measure-dependencies.ts';
import { measureFindings } from './measure-findings.ts';
import { measureMutation } from './measure-mutation.ts';
import { measurePerformance } from './measure-performance.ts';
import { measureProblems } from './measure-problems.ts';
import { measureRedFirst } from './measure-red-first.ts';
import { measureSecurity } from './measure-security.ts';
import type { Measurement } from './measurement.ts';
import type { GateName, Policy } from './policy.ts';
import { typescriptProblems } from './typescript-problems.ts';
import type { Validator } from './validator.ts';
import { validators as own } from './validators.ts';

export interface MeasureChangeOptions {
  readonly workspace: TaskWorkspace;
  readonly base: string;
  readonly head: string;
  /** Gates that are off are not measured. */
  readonly policy: Policy;
  /** Evidence of kinds `baseline` and `tests`; without them red-first is not measured. */
  readonly baseline?: Measurement;
  readonly tests?: Measurement;
  /** Evidence of kind `mutation` of an earlier tree of the same change. */
  readonly mutation?: Measurement;
  /** Plugins' validators. */
  readonly validators?: readonly Validator[];
  readonly signal?: AbortSignal;
  /** For each run of the tests. */
  readonly timeoutMs?: number;
}

/** Everything a verdict looks at beside tests and coverage: what the change brought, compared with the base. */
export async function measureChange(options: MeasureChangeOptions): Promise<readonly Measurement[]> {
  const { workspace, base, head, policy, baseline, tests, mutation, validators = [], signal, timeoutMs } = options;
  const isOn = (gate: GateName): boolean => policy.gates[gate] !== 'off';
  const shared = { workspace, base, head, ...(signal === undefined ? {} : { signal }) };
  const ofRuns = { approved: policy.approved, ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  const measurements: Measurement[] = [];
  if (isOn('red-first') && baseline !== undefined && tests !== undefined) {
    measurements.push(await measureRedFirst({ workspace, base, baseline, head: tests, ...ofRuns }));
  }
  if (isOn('mutation')) measurements.push(await measureMutation({ workspace, base, head, policy: policy.mutation, ...(mutation === undefined ? {} : { earlier: mutation }), ...ofRuns }));
  if (isOn('secrets')) measurements.push(await measureFindings({ ...shared, validator: own.secrets(), kind: 'secrets' }));
  if (isOn('security')) measurements.push(await measureSecurity(shared));
  if (isOn('dependencies')) measurements.push(await measureDependencies(shared));
  if (isOn('types')) measurements.push(await measureProblems({ ...shared, tool: typescriptProblems }));
  if (isOn('lint')) measurements.push(await measureProblems({ ...shared, tool: eslintProblems }));
  if (isOn('complexity')) measurements.push(await measureComplexity({ ...shared, max: policy.complexity.max }));
  if (isOn('duplication')) measurements.push(await measureProblems({ ...shared, tool: createDuplicationProblems() }));
  if (isOn('dead-code')) measurements.push(await measureProblems({ ...shared, tool: createDeadCodeProblems() }));
  if (isOn('performance')) measurements.push(await measurePerformance(shared));
  for (const validator of validators) measurements.push(await measureFindings({ ...shared, validator }));
  return measurements;
}
