import type { GateReport } from './gate-report.ts';

/** The report as one page that loads nothing and runs nothing; every text of the project is escaped. */
export function renderGateHtml(report: GateReport): string {
  const { tests, coverage } = report;
  const failing = tests.cases.filter((test) => ['failed', 'errored', 'timed-out'].includes(test.status));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(report.verdict)}: the gate</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color-scheme: light dark; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid #8885; padding: .3rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.accepted, .passed { color: #18794e; } .rejected, .failed, .errored, .timed-out, .critical, .high { color: #cd2b31; } .inconclusive, .unavailable, .medium { color: #ad5700; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
</style>
</head>
<body>
<h1 class="${report.verdict}">${escape(report.verdict)}</h1>
<p>Tree <code>${escape(report.tree)}</code>${report.tree === report.base ? ', no change against the base' : `, base <code>${escape(report.base)}</code>`}. ${report.evidence.length} records of evidence, head <code>${escape(report.head)}</code>.</p>
<p>Tests: ${tests.passed} passed, ${tests.failed} failed, ${tests.errored} errored, ${tests.timedOut} timed out, ${tests.skipped} skipped, ${tests.todo} todo. Coverage: lines ${share(coverage.lines)}, branches ${share(coverage.branches)}, changed lines ${share(coverage.changedLines)}.</p>
${table('Gates', ['gate', 'status', 'says'], report.gates.map(({ gate, status, message }) => [cell(gate), cell(status, status), cell(message)]))}
${table('Findings', ['severity', 'place', 'rule', 'says', 'new'], report.findings.map(({ severity, file, line, validator, rule, message, isNew }) => [cell(severity, severity), cell(`${file}:${line}`), cell(`${validator}/${rule}`), cell(message), cell(isNew ? 'new' : 'on the base')]))}
${table('Tests that did not pass', ['test', 'status', 'message'], failing.map(({ id, status, message = '', flaky }) => [cell(id), cell(flaky === true ? `${status}, passed when run again` : status, status), `<td><pre>${escape(message)}</pre></td>`]))}
${table('Evidence', ['id', 'kind', 'command', 'exit code', 'took', 'sandbox'], report.evidence.map(({ id, kind, command, exitCode, durationMs, sandbox }) => [cell(id), cell(kind), cell(command.join(' ')), cell(String(exitCode)), cell(`${durationMs} ms`), cell(sandbox)]))}
</body>
</html>
`;
}

const maxRows = 1_000;

function table(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const more = rows.length > maxRows ? `<p>and ${rows.length - maxRows} more</p>` : '';
  return `<h2>${title}</h2>\n<table>\n<tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>\n${rows.slice(0, maxRows).map((row) => `<tr>${row.join('')}</tr>`).join('\n')}\n</table>${more}`;
}

function cell(text: string, kind?: string): string {
  return `<td${kind === undefined ? '' : ` class="${kind}"`}>${escape(text)}</td>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
}

function share(value: number | null): string {
  return value === null ? '-' : `${Math.floor(value * 1_000) / 10} %`;
}
