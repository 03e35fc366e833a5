import type { Artifact, Evidence, RevisionRequest } from '@fw/agents-core';
import { judge } from '@fw/testing';
import type { Policy, Verdict } from '@fw/testing';
import type { Facts } from '@fw/workflow';

/** What the guards of `softwareDelivery` look at. */
export interface Measured {
  readonly artifacts: readonly Artifact[];
  readonly evidence: readonly Evidence[];
  readonly base: string;
  readonly tree: string;
  readonly policy: Policy;
}

/** What an arrow of a run's machine may ask for. */
export const guardNames: readonly string[] = ['requirements-clear', 'analysis-complete', 'design-approved', 'code-complete', 'tests-pass', 'success'];

/** The facts of a run: each guard recomputed from what was measured, no agent's word among it. */
export function factsOf(measured: Measured): Facts {
  const { artifacts, evidence, base, tree } = measured;
  const verdict = verdictOf(measured);
  const tests = verdict.gates.find((gate) => gate.gate === 'tests');
  return {
    evidence,
    tree,
    vector: vectorOf(evidence, tree),
    guards: {
      'requirements-clear': hasCriteria(artifacts) || refuse('The requirements name no acceptance criterion.'),
      'analysis-complete': artifacts.some((artifact) => artifact.kind === 'analysis') || refuse('There is no analysis.'),
      'design-approved': isDesignApproved(artifacts) || refuse('The reviewer has not approved the design.'),
      'code-complete': tree !== base || refuse('No file was changed: the tree is the one the run began with.', evidence.filter((one) => one.kind === 'baseline').map((one) => one.id)),
      'tests-pass': tests?.status === 'passed' || refuse(`tests: ${tests?.message ?? 'nothing was measured'}`, tests?.evidence),
      success: verdict.verdict === 'accepted' || { holds: false, requests: gateRequests(verdict) },
    },
  };
}

/** The verdict on the tree as it is now; evidence of other trees does not count. */
export function verdictOf({ evidence, tree, policy }: Pick<Measured, 'evidence' | 'tree' | 'policy'>): Verdict {
  return judge(evidence.filter((one) => one.kind === 'baseline' || one.tree === tree), policy);
}

function gateRequests(verdict: Verdict): readonly RevisionRequest[] {
  const open = verdict.gates.filter((gate) => gate.status === 'failed' || gate.status === 'inconclusive');
  return open.map((gate) => ({ id: `gate/${gate.gate}`, what: `${gate.gate}: ${gate.message}`, evidence: gate.evidence }));
}

function hasCriteria(artifacts: readonly Artifact[]): boolean {
  const { criteria } = contentOf(artifacts.findLast((artifact) => artifact.kind === 'requirements'));
  return Array.isArray(criteria) && criteria.length > 0;
}

function isDesignApproved(artifacts: readonly Artifact[]): boolean {
  const design = artifacts.findLastIndex((artifact) => artifact.kind === 'design');
  const review = artifacts.findLastIndex((artifact) => artifact.kind === 'review' && contentOf(artifact)['subject'] === 'design');
  return design !== -1 && review > design && contentOf(artifacts[review])['approved'] === true;
}

/** More passed and fewer failed tests are progress. */
function vectorOf(evidence: readonly Evidence[], tree: string): readonly number[] {
  const tests = evidence.findLast((one) => one.kind === 'tests' && one.tree === tree);
  const { report } = (tests?.results ?? {}) as { readonly report?: { readonly passed?: number; readonly failed?: number; readonly errored?: number; readonly timedOut?: number } };
  return report ? [-((report.failed ?? 0) + (report.errored ?? 0) + (report.timedOut ?? 0)), report.passed ?? 0] : [];
}

const contentOf = (artifact: Artifact | undefined): { readonly [key: string]: unknown } => (artifact?.content ?? {}) as { readonly [key: string]: unknown };

const refuse = (what: string, evidence: readonly string[] = []): { readonly holds: false; readonly requests: readonly RevisionRequest[] } =>
  ({ holds: false, requests: [{ id: `guard/${what.slice(0, 40)}`, what, evidence }] });
