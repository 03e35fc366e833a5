import { expect, test } from 'vitest';
import { policy, renderGateHtml } from '../src/index.ts';
import { toGateReport } from '../src/to-gate-report.ts';
import { evidence, tests } from './evidence.ts';

test('the page names gates, findings, tests and evidence, and no text of the project becomes part of it', () => {
  const finding = { source: 'security', rule: 'shell-command', category: 'command-injection', severity: 'high', file: 'a"><script>alert(1)</script>.js', line: 3, message: '<img src=x onerror=alert(1)> \u202e\u0007', isNew: true };
  const page = renderGateHtml(toGateReport({
    tree: 'head', base: 'base', policy: policy(),
    evidence: [tests({ '<b>adds</b>': 'failed' }), evidence({ kind: 'security', results: { status: 'measured', validator: 'security', findings: [finding], total: 1, newBySeverity: { low: 0, medium: 0, high: 1, critical: 0 } } })],
  }));
  expect(page).toContain('<h1 class="rejected">rejected</h1>');
  expect(page).toContain('a&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;.js:3');
  expect(page).toContain('&#60;b&#62;adds&#60;/b&#62;');
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/<script|<img|<b>|\u202e|\u0007|https?:/);
});
