import type { Artifact, Json } from '@fw/agents-core';
import { policy as parsePolicy } from '@fw/testing';
import type { Policy, PolicyOverrides } from '@fw/testing';

/** The policy of a run: the config's, and where that says nothing of it, a test that was red before is required. */
export function policyOfRun(configured: { readonly [key: string]: Json } | undefined): Policy {
  const { gates, ...rest } = (configured ?? {}) as PolicyOverrides;
  return parsePolicy({ ...rest, gates: { 'red-first': 'required', ...gates } });
}

/** A task that only keeps what holds (a refactoring, say) has nothing that could have been red before. */
export function effectivePolicy(policy: Policy, artifacts: readonly Artifact[]): Policy {
  const requirements = artifacts.findLast((artifact) => artifact.kind === 'requirements');
  const { criteria } = (requirements?.content ?? {}) as { readonly criteria?: readonly { readonly kind?: string }[] };
  const keeps = Array.isArray(criteria) && criteria.length > 0 && criteria.every((criterion) => criterion.kind === 'keep');
  return keeps && policy.gates['red-first'] === 'required' ? { ...policy, gates: { ...policy.gates, 'red-first': 'optional' } } : policy;
}
