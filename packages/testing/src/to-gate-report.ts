import type { Evidence } from '@fw/agents-core';
import { coverageResultsSchema } from './coverage-results.ts';
import { evidenceHead } from './evidence-head.ts';
import { findingsResultsSchema } from './findings-results.ts';
import type { GateReport } from './gate-report.ts';
import { judge } from './judge.ts';
import { mutationFindings } from './mutation-gate.ts';
import { resourceFindings } from './resources-gate.ts';
import { testResultsSchema } from './test-results.ts';

/** The report as it follows from evidence and policy alone. */
export function toGateReport(sealed: Pick<GateReport, 'tree' | 'base' | 'evidence' | 'policy'>): GateReport {
  const { tree, base, evidence, policy } = sealed;
  const { verdict, gates } = judge(evidence, policy);
  return { version: 1, verdict, tree, base, gates, tests: testsOf(evidence), coverage: coverageOf(evidence), findings: findingsOf(evidence, tree, policy), evidence, policy, head: evidenceHead(sealed) };
}

function testsOf(evidence: readonly Evidence[]): GateReport['tests'] {
  const results = testResultsSchema.safeParse(evidence.find((one) => one.kind === 'tests')?.results).data;
  if (results === undefined) return { passed: 0, failed: 0, skipped: 0, todo: 0, errored: 0, timedOut: 0, cases: [] };
  const { passed, failed, skipped, todo, errored, timedOut } = results.report;
  const cases = results.cases.map(({ id, file, status, kind, durationMs, message, flaky }) => ({ id, file, status, kind, durationMs, ...(message === undefined ? {} : { message }), ...(flaky === undefined ? {} : { flaky }) }));
  return { passed, failed, skipped, todo, errored, timedOut, cases };
}

function coverageOf(evidence: readonly Evidence[]): GateReport['coverage'] {
  const results = coverageResultsSchema.safeParse(evidence.find((one) => one.kind === 'coverage')?.results).data;
  if (results?.status !== 'measured') return { lines: null, branches: null, changedLines: null, changedBranches: null };
  return { lines: results.lines, branches: results.branches, changedLines: results.changedLines, changedBranches: results.changedBranches };
}

function findingsOf(evidence: readonly Evidence[], tree: string, policy: GateReport['policy']): GateReport['findings'] {
  const ofTree = evidence.filter((one) => one.tree === tree);
  const computed = [...mutationFindings(ofTree, policy), ...resourceFindings(ofTree, evidence.filter((one) => one.kind === 'baseline' && one.tree !== tree).at(-1), policy)];
  const recorded = evidence.flatMap((one) => {
    const results = findingsResultsSchema.safeParse(one.results).data;
    if (results?.status !== 'measured') return [];
    return results.findings;
  });
  return [...recorded, ...computed].map(({ source, rule, category, severity, file, line, message, isNew }) => ({ validator: source, rule, category, severity, file, line, message, isNew }));
}
