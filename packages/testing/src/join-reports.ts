import { withUniqueIds } from './case-id.ts';
import { joinNames } from './runner-adapter.ts';
import { mergeCoverage } from './coverage.ts';
import { joinUsage } from './resource-usage.ts';
import { countCases } from './test-report.ts';
import type { CoverageOutcome, TestReport } from './test-report.ts';

/** Two commands of one test script as one run: the worse status counts. */
export function joinReports(left: TestReport, right: TestReport): TestReport {
  const position = left.nonce.split('+').length + 1;
  const worst = (['failed', 'timed-out', 'inconclusive', 'no-tests', 'passed'] as const).find((status) => left.status === status || right.status === status);
  // One part without tests beside one that passed has passed.
  const status = worst === 'no-tests' && left.status !== right.status ? 'passed' : (worst ?? 'inconclusive');
  const reason = [left.reason, right.reason].filter((part) => part !== undefined).join('; ');
  const cases = withUniqueIds([...left.cases, ...right.cases]);
  const coverage = joinCoverage(left.coverage, right.coverage);
  const resources = joinUsage(left.resources, right.resources);
  return {
    status,
    ...(reason === '' || status === 'passed' ? {} : { reason }),
    ...countCases(cases),
    cases,
    ...(coverage === undefined ? {} : { coverage }),
    runner: joinNames([left.runner, right.runner]),
    command: [...left.command, '&&', ...right.command],
    exitCode: left.exitCode === 0 ? right.exitCode : left.exitCode,
    durationMs: left.durationMs + right.durationMs,
    cpuMs: left.cpuMs + right.cpuMs,
    peakMemoryBytes: Math.max(left.peakMemoryBytes, right.peakMemoryBytes),
    ...(resources === undefined ? {} : { resources }),
    sandbox: left.sandbox,
    toolVersions: { ...left.toolVersions, ...right.toolVersions },
    digests: { ...left.digests, ...Object.fromEntries(Object.entries(right.digests).map(([file, digest]) => [`${position}/${file}`, digest])) },
    nonce: `${left.nonce}+${right.nonce}`,
  };
}

function joinCoverage(left: CoverageOutcome | undefined, right: CoverageOutcome | undefined): CoverageOutcome | undefined {
  if (left?.status !== 'measured') return right ?? left;
  if (right?.status !== 'measured') return left;
  return { status: 'measured', coverage: mergeCoverage(left.coverage, right.coverage) };
}
