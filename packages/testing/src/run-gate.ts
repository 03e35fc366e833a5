import type { Evidence, TaskWorkspace } from '@fw/agents-core';
import { createWorkspaceBaseline } from './baseline.ts';
import type { GateReport } from './gate-report.ts';
import { measureChange } from './measure-change.ts';
import { measureSeal } from './measure-seal.ts';
import { measureTests } from './measure-tests.ts';
import type { Measurement } from './measurement.ts';
import { gateNames, policies, policy } from './policy.ts';
import type { GateName, Policy } from './policy.ts';
import { toGateReport } from './to-gate-report.ts';
import { TestingError } from './testing-error.ts';
import type { Validator } from './validator.ts';

export interface RunGateOptions {
  readonly workspace: TaskWorkspace;
  /** The tree to compare with; default the workspace's base. */
  readonly base?: string;
  readonly policy?: Policy;
  /** Plugins' validators; they can only lower the verdict. */
  readonly validators?: readonly Validator[];
  /** A folder with acceptance tests that the change has not seen: then the gate `seal` is required. */
  readonly sealed?: string;
  /** Measures these gates alone; each of them has to pass. */
  readonly only?: readonly GateName[];
  readonly signal?: AbortSignal;
  /** For each run of the tests. */
  readonly timeoutMs?: number;
}

/**
 * Measures the workspace as it is and judges it. The files are the same after it as before.
 * @throws TestingError for a gate or a validator that cannot be used; the signal's reason when aborted.
 */
export async function runGate(options: RunGateOptions): Promise<GateReport> {
  const { workspace, base = workspace.base, validators = [] } = options;
  for (const validator of validators) checkValidator(validator);
  const wanted = restrict(options.policy ?? policies.default, options.only);
  const chosen = options.sealed === undefined || options.only !== undefined ? wanted : policy({ ...wanted, gates: { ...wanted.gates, seal: 'required' } });
  const head = await workspace.snapshot();
  const evidence = (await measure(options, chosen, base, head)).map((measurement, index): Evidence => ({ ...measurement, id: `gate/${measurement.kind}#${index + 1}`, origin: 'runner' }));
  return toGateReport({ tree: head, base, evidence, policy: chosen });
}

function checkValidator(validator: Validator): void {
  if (validator.specVersion === 1 && /^[A-Za-z0-9][\w.@/-]{0,127}$/.test(validator.name)) return;
  throw new TestingError('FW_TESTING_VALIDATOR', {
    message: `Validator "${String(validator.name)}" cannot be used: it implements version ${String(validator.specVersion)} of the contract, this package version 1; names are letters, digits, ".", "_", "-", "@" and "/".`,
  });
}

function restrict(chosen: Policy, only: readonly GateName[] | undefined): Policy {
  if (only === undefined) return chosen;
  const gates = Object.fromEntries(gateNames.map((gate) => [gate, 'off' as const]));
  return policy({ ...chosen, gates: { ...gates, ...Object.fromEntries(only.map((gate) => [gate, 'required' as const])) } });
}

async function measure(options: RunGateOptions, chosen: Policy, base: string, head: string): Promise<readonly Measurement[]> {
  const { workspace, signal, timeoutMs } = options;
  const limits = { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  const isOn = (gate: GateName): boolean => chosen.gates[gate] !== 'off';
  const measurements: Measurement[] = [];
  if (isOn('tests') || isOn('coverage') || isOn('red-first') || chosen.gates.resources === 'required') {
    const coverage = isOn('coverage');
    const baseline = base === head ? [] : [await createWorkspaceBaseline({ workspace, base, coverage, kinds: chosen.kinds, ...limits })];
    measurements.push(...baseline, ...(await measureTests({ workspace, base, coverage, approved: chosen.approved, kinds: chosen.kinds, ...limits })));
  }
  const [baseline, tests] = ['baseline', 'tests'].map((kind) => measurements.find((measurement) => measurement.kind === kind));
  const change = await measureChange({
    workspace, base, head, policy: chosen, validators: options.validators ?? [], ...limits,
    ...(baseline === undefined ? {} : { baseline }), ...(tests === undefined ? {} : { tests }),
  });
  const { sealed } = options;
  const seal = sealed === undefined || !isOn('seal') ? [] : [await measureSeal({ workspace, base, head, sealed, approved: chosen.approved, ...limits })];
  return [...measurements, ...change, ...seal];
}
