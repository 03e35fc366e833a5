import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { caseId, relativeFile } from './case-id.ts';
import type { ParsedCase, ParsedResults } from './parsed-results.ts';

const testSchema = withZod((z) => z.object({
  title: z.string(),
  fullTitle: z.string(),
  file: z.string().nullish(),
  duration: z.number().nullish(),
  err: z.object({ stack: z.string().optional(), message: z.string().optional(), name: z.string().optional(), code: z.unknown().optional() }).default({}),
}));
type MochaTest = z.infer<typeof testSchema>;
const reportSchema = withZod((z) => z.object({ stats: z.object({ passes: z.number(), failures: z.number() }), tests: z.array(testSchema), pending: z.array(testSchema), failures: z.array(testSchema) }));

/** Reads mocha's JSON report. */
export function parseMochaJson(text: string, root: string): ParsedResults {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { status: 'unusable', reason: 'its JSON report is damaged', cases: [] };
  }
  const report = reportSchema.safeParse(value);
  if (!report.success) return { status: 'unusable', reason: 'its JSON report has another form than expected', cases: [] };
  const { tests, pending, failures, stats } = report.data;
  const idle = new Set(pending.map(keyOf));
  const known = new Set(tests.map(keyOf));
  const hooks = failures.filter((failure) => !known.has(keyOf(failure)));
  const cases = [...tests.map((test) => toCase(test, root, idle.has(keyOf(test)) && !isFailed(test))), ...hooks.map((hook) => ({ ...toCase(hook, root, false), status: 'errored' as const, failure: 'error' as const }))];
  const failed = cases.filter((test) => test.status !== 'passed' && test.status !== 'skipped').length;
  return failed < stats.failures ? { status: 'unusable', reason: `its JSON report counts ${stats.failures} failures and shows ${failed}`, cases } : { status: 'read', cases };
}

function keyOf(test: MochaTest): string {
  return `${test.file ?? ''}\n${test.fullTitle}`;
}

function isFailed(test: MochaTest): boolean {
  return test.err.message !== undefined || test.err.stack !== undefined || test.err.name !== undefined;
}

function toCase(test: MochaTest, root: string, idle: boolean): ParsedCase {
  const file = relativeFile(root, test.file ?? '');
  const base = { id: caseId(file, [test.fullTitle]), file, name: test.title, durationMs: Math.max(0, test.duration ?? 0) };
  if (idle) return { ...base, status: 'skipped' };
  if (!isFailed(test)) return { ...base, status: 'passed' };
  const message = test.err.stack ?? test.err.message ?? '';
  if (test.err.code === 'ERR_MOCHA_TIMEOUT') return { ...base, status: 'timed-out', message };
  return { ...base, status: 'failed', message, failure: test.err.code === 'ERR_ASSERTION' || test.err.name?.includes('AssertionError') === true ? 'assertion' : 'error' };
}
