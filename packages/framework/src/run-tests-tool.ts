import { defineTool } from '@fw/agents-core';
import type { Evidence, Tool, ToolOutput } from '@fw/agents-core';
import { createTestRunner } from '@fw/testing';
import type { TestReport } from '@fw/testing';
import { z } from 'zod';
import type { RunSession } from './run-session.ts';

const MAX_TEXT = 16_000;
const TEST_FILE = /(^|\/)(test|tests|__tests__)\/|\.(test|spec)\.[cm]?[jt]sx?$/;

/** The project's own tests, as a tool. What it answers is for the model to work with; evidence is measured apart from it. */
export function runTestsTool(session: RunSession): Tool {
  return defineTool({
    name: 'run_tests',
    description: 'Runs the project\'s tests and lists failures first, each with its id and message. scope: "all", "files" (with files), or "related" (the test files changed so far; all when none is). Use it before and after each change.',
    effect: 'idempotent',
    input: z.strictObject({
      scope: z.enum(['related', 'files', 'all']).default('all'),
      files: z.array(z.string().min(1)).max(100).optional(),
      name: z.string().min(1).optional().describe('Runs only tests whose name contains this.'),
      repeat: z.number().int().min(1).max(5).default(1),
    }),
    async run({ scope, files, name, repeat }, step) {
      const { workspace } = session.workspace;
      const chosen = scope === 'files' ? (files ?? []) : scope === 'related' ? await changedTests(session) : [];
      if (scope === 'files' && chosen.length === 0) return { ok: false, code: 'invalid_input', text: 'scope "files" needs files.' };
      const reports: TestReport[] = [];
      for (let count = 0; count < repeat; count++) {
        reports.push(await createTestRunner({ workspace }).run({
          signal: step.signal, ...(chosen.length > 0 && { files: chosen }), ...(name !== undefined && { names: [name] }),
        }));
      }
      return answer(step.key, reports, session.evidence.find((one) => one.kind === 'baseline'));
    },
  });
}

async function changedTests({ workspace: { workspace } }: RunSession): Promise<readonly string[]> {
  const changes = await workspace.changes(workspace.base, await workspace.snapshot());
  return changes.filter((change) => change.status !== 'deleted' && TEST_FILE.test(change.file)).map((change) => change.file);
}

function answer(run: string, reports: readonly TestReport[], baseline: Evidence | undefined): ToolOutput {
  const report = reports.at(-1)!;
  const before = new Map(casesOf(baseline).map((test) => [test.id, test.status]));
  const bad = report.cases.filter((test) => test.status === 'failed' || test.status === 'errored' || test.status === 'timed-out');
  const flaky = reports.length > 1 && new Set(reports.map((one) => one.status)).size > 1;
  const fixed = report.cases.filter((test) => test.status === 'passed' && before.has(test.id) && before.get(test.id) !== 'passed');
  const lines = [
    `${report.status}: ${report.passed} passed, ${report.failed} failed, ${report.errored} errored, ${report.timedOut} timed out, ${report.skipped} skipped (run ${run})`,
    ...(report.reason === undefined ? [] : [report.reason]),
    ...(flaky ? [`The ${reports.length} runs did not agree: ${reports.map((one) => one.status).join(', ')}.`] : []),
    ...bad.map((test) => `${before.get(test.id) === undefined ? 'new, ' : before.get(test.id) === 'passed' ? 'passed before, ' : 'failed before, '}${test.status}: ${test.id}\n${test.message ?? ''}`),
    ...fixed.map((test) => `fixed: ${test.id}`),
  ];
  const text = lines.join('\n');
  return {
    ok: report.status === 'passed' && !flaky,
    ...(report.status === 'passed' && !flaky ? {} : { code: report.status === 'timed-out' ? ('timeout' as const) : ('failed' as const) }),
    text: text.slice(0, MAX_TEXT),
    ...(text.length > MAX_TEXT && { truncated: { shown: MAX_TEXT, total: text.length, unit: 'characters' as const } }),
    meta: {
      run, status: report.status, passed: report.passed, failed: bad.length, changed: [], cpuMs: Math.round(report.cpuMs), peakMemoryBytes: report.peakMemoryBytes,
      cases: report.cases.slice(0, 500).map((test) => test.id),
    },
  };
}

function casesOf(evidence: Evidence | undefined): readonly { readonly id: string; readonly status: string }[] {
  return (evidence?.results as { readonly tests?: { readonly cases?: readonly { readonly id: string; readonly status: string }[] } } | undefined)?.tests?.cases ?? [];
}
