import type { GateReport } from './gate-report.ts';

/** The report as plain lines for a terminal. */
export function renderGateReport(report: GateReport): string {
  const { tests, coverage } = report;
  const failing = tests.cases.filter((test) => ['failed', 'errored', 'timed-out'].includes(test.status));
  const width = Math.max(...report.gates.map((gate) => gate.gate.length), 0);
  const lines = [
    `verdict   ${report.verdict}`,
    `tree      ${report.tree}${report.tree === report.base ? ' (no change against the base)' : `, base ${report.base}`}`,
    `evidence  ${report.evidence.length} records, head ${report.head}`,
    `tests     ${tests.passed} passed, ${tests.failed} failed, ${tests.errored} errored, ${tests.timedOut} timed out, ${tests.skipped} skipped, ${tests.todo} todo`,
    `coverage  lines ${share(coverage.lines)}, branches ${share(coverage.branches)}, changed lines ${share(coverage.changedLines)}`,
    '',
    ...report.gates.map((gate) => `${gate.status.padEnd(12)}  ${gate.gate.padEnd(width)}  ${firstLine(gate.message)}`),
    ...section('not passed', failing.slice(0, 20).map((test) => `${test.id}${test.flaky === true ? ' (flaky: passed when run again)' : ''}${test.message === undefined ? '' : `\n    ${firstLine(test.message)}`}`), failing.length),
    ...section('findings', report.findings.slice(0, 20).map((finding) => `${finding.severity} ${finding.file}:${finding.line} ${finding.validator}/${finding.rule} ${firstLine(finding.message)}`), report.findings.length),
  ];
  return `${lines.map(withoutControls).join('\n')}\n`;
}

function section(title: string, lines: readonly string[], total: number): readonly string[] {
  if (lines.length === 0) return [];
  return ['', `${title}:`, ...lines.map((line) => `  ${line}`), ...(total > lines.length ? [`  and ${total - lines.length} more`] : [])];
}

function share(value: number | null): string {
  return value === null ? '-' : `${Math.floor(value * 1_000) / 10} %`;
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 300);
}

/** Test names and messages come from the project; a terminal must not obey them. */
function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
