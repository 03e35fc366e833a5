import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { caseId, relativeFile } from './case-id.ts';
import type { ParsedCase, ParsedResults } from './parsed-results.ts';

const caseSchema = withZod((z) => z.object({
  ancestorTitles: z.array(z.string()).default([]),
  title: z.string(),
  status: z.string(),
  duration: z.number().nullish(),
  failureMessages: z.array(z.string()).nullish(),
}));
const fileSchema = withZod((z) => z.object({ name: z.string(), status: z.string(), message: z.string().nullish(), assertionResults: z.array(caseSchema) }));
const reportSchema = withZod((z) => z.object({ testResults: z.array(fileSchema) }));

/** Reads jest's JSON report. */
export function parseJestJson(text: string, root: string): ParsedResults {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { status: 'unusable', reason: 'its JSON report is damaged', cases: [] };
  }
  const report = reportSchema.safeParse(value);
  if (!report.success) return { status: 'unusable', reason: 'its JSON report has another form than expected', cases: [] };
  const cases = report.data.testResults.flatMap((result) => {
    const file = relativeFile(root, result.name);
    const tests = result.assertionResults.map((test) => toCase(test, file));
    const broken = result.status === 'failed' && !tests.some((test) => test.status === 'failed' || test.status === 'timed-out');
    if (!broken) return tests;
    const message = result.message ?? '';
    return [...tests, { id: file, file, name: file, status: 'errored', durationMs: 0, message, failure: 'error' } satisfies ParsedCase];
  });
  return { status: 'read', cases };
}

function toCase(test: z.infer<typeof caseSchema>, file: string): ParsedCase {
  const base = { id: caseId(file, [...test.ancestorTitles, test.title]), file, name: test.title, durationMs: Math.max(0, test.duration ?? 0) };
  if (test.status === 'passed') return { ...base, status: 'passed' };
  if (test.status === 'todo') return { ...base, status: 'todo' };
  if (test.status === 'skipped' || test.status === 'pending' || test.status === 'disabled') return { ...base, status: 'skipped' };
  const message = (test.failureMessages ?? []).join('\n');
  if (/^(Error: )?(thrown: ")?Exceeded timeout of \d+ ms/.test(message)) return { ...base, status: 'timed-out', message };
  return { ...base, status: 'failed', message, failure: /^(AssertionError|JestAssertionError|Error: expect\()/.test(message) ? 'assertion' : 'error' };
}
