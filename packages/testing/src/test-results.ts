import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { clip } from './clip.ts';
import type { CanaryOutcome } from './run-canary.ts';
import { resourceUsageSchema } from './resource-usage.ts';
import { testKinds } from './test-kind.ts';
import type { TestCase, TestCaseStatus, TestCounts, TestReport } from './test-report.ts';

/** What a run of tests found, small enough to be kept: at most 2,000 cases, those that did not pass first, then those of changed files. */
export interface TestResults {
  /** Changed files of the test setup that were as on the base while the tests ran. */
  readonly restored?: readonly string[];
  readonly canary?: CanaryOutcome;
  readonly report: TestCounts & Pick<TestReport, 'status' | 'reason' | 'runner' | 'durationMs' | 'cpuMs' | 'peakMemoryBytes' | 'resources'>;
  readonly cases: readonly TestCase[];
  /** Present when there were more cases than are listed. */
  readonly cut?: { readonly shown: number; readonly total: number; /** Digests of the ids that are not listed. */ readonly otherIds: readonly string[] };
}

const statusSchema = withZod((z) => z.enum(['passed', 'failed', 'skipped', 'todo', 'errored', 'timed-out']));
const caseSchema = withZod((z) => z.object({
  id: z.string(),
  file: z.string(),
  name: z.string(),
  status: statusSchema,
  kind: z.enum(testKinds).default('unit'),
  durationMs: z.number(),
  message: z.string().exactOptional(),
  failure: z.enum(['assertion', 'error']).exactOptional(),
  flaky: z.literal(true).exactOptional(),
}));
const count = withZod((z) => z.number().int().min(0));

/** The form of `results` in evidence of kind `tests`. */
export const testResultsSchema: z.ZodType<TestResults> = withZod((z) => z.object({
  report: z.object({
    status: z.enum(['passed', 'failed', 'no-tests', 'inconclusive', 'timed-out']),
    reason: z.string().exactOptional(),
    passed: count, failed: count, skipped: count, todo: count, errored: count, timedOut: count,
    runner: z.string(),
    durationMs: z.number(),
    cpuMs: z.number(),
    peakMemoryBytes: z.number(),
    resources: resourceUsageSchema.exactOptional(),
  }),
  restored: z.array(z.string()).exactOptional(),
  canary: z.object({ status: z.enum(['held', 'misreported', 'not-run']), reason: z.string().exactOptional(), files: count }).exactOptional(),
  cases: z.array(caseSchema).max(2_000),
  cut: z.object({ shown: count, total: count, otherIds: z.array(z.string()).max(50_000) }).exactOptional(),
}));

const maxCases = 2_000;

/**
 * A report as `results` of evidence. Cases over the limit stay as digests of their ids, so that a vanished one is still
 * seen; those of `changed` files are listed before others, because new tests are looked for among them.
 */
export function toTestResults(report: TestReport, setup: Pick<TestResults, 'restored' | 'canary'> = {}, changed: ReadonlySet<string> = new Set()): TestResults {
  const { status, reason, passed, failed, skipped, todo, errored, timedOut, runner, durationMs, cpuMs, peakMemoryBytes, resources } = report;
  const ordered = report.cases.length > maxCases ? [...report.cases].sort((left, right) => rank[left.status] - rank[right.status] || Number(changed.has(right.file)) - Number(changed.has(left.file))) : report.cases;
  const others = ordered.slice(maxCases);
  return {
    report: { status, ...(reason === undefined ? {} : { reason: clip(reason, 2_000) }), passed, failed, skipped, todo, errored, timedOut, runner, durationMs, cpuMs, peakMemoryBytes, ...(resources === undefined ? {} : { resources }) },
    ...setup,
    cases: ordered.slice(0, maxCases).map(toCase),
    ...(others.length === 0 ? {} : { cut: { shown: maxCases, total: ordered.length, otherIds: others.slice(0, 50_000).map((test) => idDigest(test.id)) } }),
  };
}

/** Twelve hex digits that stand for a case's id. */
export function idDigest(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 12);
}

const rank: { readonly [status in TestCaseStatus]: number } = { failed: 0, errored: 0, 'timed-out': 0, skipped: 1, todo: 1, passed: 2 };

function toCase(test: TestCase): TestResults['cases'][number] {
  return {
    ...test,
    id: clip(test.id, 500),
    name: clip(test.name, 500),
    durationMs: Math.round(test.durationMs * 1_000) / 1_000,
    ...(test.message === undefined ? {} : { message: clip(test.message, 2_000) }),
  };
}
