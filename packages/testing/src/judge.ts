import type { Evidence } from '@fw/agents-core';
import { judgeCoverage } from './coverage-gate.ts';
import { judgeFindings, judgePluginFindings } from './findings-gate.ts';
import type { GateInput, GateOutcome } from './gate-input.ts';
import { judgeMutation } from './mutation-gate.ts';
import { judgePerformance } from './performance-gate.ts';
import { gateNames } from './policy.ts';
import type { GateName, Policy } from './policy.ts';
import { judgeRedFirst } from './red-first-gate.ts';
import { judgeResources } from './resources-gate.ts';
import { judgeSeal } from './seal-gate.ts';
import { judgeTests } from './tests-gate.ts';
import type { GateResult, Verdict } from './verdict.ts';

/**
 * The verdict on the tree of the newest evidence. Pure: the same evidence in any order gives the same verdict, evidence
 * for other trees is ignored, and nothing but a passed gate of measured evidence can accept.
 */
export function judge(evidence: readonly Evidence[], policy: Policy): Verdict {
  const ordered = [...evidence].sort((left, right) => left.startedAt - right.startedAt || compare(left.tree, right.tree) || compare(left.id, right.id));
  const measured = ordered.filter((one) => one.kind !== 'baseline');
  const tree = measured.at(-1)?.tree ?? null;
  const baseline = ordered.filter((one) => one.kind === 'baseline' && one.tree !== tree).at(-1);
  const input: GateInput = { evidence: measured.filter((one) => one.tree === tree), baseline, policy };
  const gates = gateNames.filter((gate) => policy.gates[gate] !== 'off').map((gate) => ({ gate, ...judgeGate(gate, input) }));
  const plugins = judgePluginFindings(input);
  return { verdict: decide(gates, plugins, policy), tree, base: baseline?.tree ?? null, gates: [...gates, ...plugins] };
}

function judgeGate(gate: GateName, input: GateInput): GateOutcome {
  if (gate === 'tests') return judgeTests(input);
  if (gate === 'coverage') return judgeCoverage(input);
  if (gate === 'red-first') return judgeRedFirst(input);
  if (gate === 'mutation') return judgeMutation(input);
  if (gate === 'performance') return judgePerformance(input);
  if (gate === 'secrets' || gate === 'security') return judgeFindings(gate, input, input.policy.security.newFindings);
  if (gate === 'types' || gate === 'lint' || gate === 'complexity' || gate === 'duplication' || gate === 'dead-code') return judgeFindings(gate, input, 0);
  if (gate === 'seal') return judgeSeal(input);
  if (gate === 'resources') return judgeResources(input);
  return judgeFindings(gate, input, 0, input.policy.dependencies.rejectFrom);
}

/** Any failure rejects. A plugin can only lower the verdict: what it passes does not count for acceptance. */
function decide(gates: readonly (GateResult & { readonly gate: GateName })[], plugins: readonly GateResult[], policy: Policy): Verdict['verdict'] {
  if ([...gates, ...plugins].some((gate) => gate.status === 'failed')) return 'rejected';
  const held = gates.every((gate) => policy.gates[gate.gate] !== 'required' || gate.status === 'passed');
  const measured = gates.some((gate) => gate.status === 'passed');
  return held && measured && plugins.every((gate) => gate.status === 'passed') ? 'accepted' : 'inconclusive';
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
