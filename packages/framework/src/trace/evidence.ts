import type { Evidence } from '@fw/agents-core';
import { withZod } from '@fw/agents-core/with-zod';

export interface MeasuredTest {
  /** `file > suite > name`. */
  readonly id: string;
  readonly file: string;
  readonly status: string;
}

const tests = withZod((z) => z.object({ cases: z.array(z.object({ id: z.string(), file: z.string(), status: z.string() })) }));
const baseline = withZod((z) => z.object({ tests }));
const redFirst = withZod((z) => z.object({ status: z.literal('measured'), cases: z.array(z.object({ id: z.string(), onBase: z.string() })) }));
const linesOf = withZod((z) => z.array(z.object({ file: z.string(), lines: z.array(z.number()) })));
const coverage = withZod((z) => z.object({ status: z.literal('measured'), changed: z.object({ uncovered: linesOf, executed: linesOf.optional(), omittedFiles: z.number().catch(0) }) }));

/** What the runner measured of the tree that a run has come to. */
export interface MeasuredTree {
  /** Of the newest run of the tests. */
  readonly tests: readonly MeasuredTest[];
  readonly testsId: string | undefined;
  /** Whether that run was of the tree as it is now. */
  readonly isPresent: boolean;
  /** How a new test went on the base; undefined where that was not measured. */
  wasRed(test: string): boolean | undefined;
  readonly redFirstId: string | undefined;
  /** Whether the base passed a test; undefined when nothing of the base is known. */
  passedBefore(test: string): boolean | undefined;
  readonly coverage: ChangedCoverage;
}

/** Which changed lines ran, all tests together. */
type ChangedCoverage =
  | { readonly status: 'measured'; readonly evidence: string; readonly executed: ReadonlyMap<string, ReadonlySet<number>>; readonly notExecuted: ReadonlyMap<string, ReadonlySet<number>>; /** More than the evidence has room for. */ readonly isCut: boolean }
  | { readonly status: 'unavailable'; readonly reason: string };

export function readMeasured(evidence: readonly Evidence[], tree: string | undefined): MeasuredTree {
  const run = evidence.findLast((one) => one.kind === 'tests');
  const red = evidence.findLast((one) => one.kind === 'red-first' && one.tree === run?.tree);
  const redCases = redFirst.safeParse(red?.results).data?.cases;
  const before = baseline.safeParse(evidence.find((one) => one.kind === 'baseline')?.results).data?.tests.cases;
  const passed = before && new Set(before.filter(({ status }) => status === 'passed').map(({ id }) => id));
  const onBase = new Map(redCases?.map(({ id, onBase: how }) => [id, how]));
  return {
    tests: tests.safeParse(run?.results).data?.cases ?? [],
    testsId: run?.id,
    isPresent: run !== undefined && run.tree === tree,
    wasRed: (test) => (onBase.has(test) ? ['assertion', 'missing', 'crash'].includes(onBase.get(test) ?? '') : undefined),
    redFirstId: redCases === undefined ? undefined : red?.id,
    passedBefore: (test) => passed?.has(test),
    coverage: readCoverage(evidence, tree),
  };
}

/** Of uncovered lines the evidence keeps so many a file. */
const linesKept = 200;

function readCoverage(evidence: readonly Evidence[], tree: string | undefined): ChangedCoverage {
  const newest = evidence.findLast((one) => one.kind === 'coverage');
  if (newest === undefined) return { status: 'unavailable', reason: 'Coverage was not measured.' };
  if (newest.tree !== tree) return { status: 'unavailable', reason: 'Files were changed after coverage was measured.' };
  const parsed = coverage.safeParse(newest.results);
  if (!parsed.success) {
    const { reason } = (newest.results ?? {}) as { readonly reason?: unknown };
    return { status: 'unavailable', reason: typeof reason === 'string' ? `Coverage could not be measured: ${reason}` : 'Coverage could not be measured.' };
  }
  const { uncovered, executed = [], omittedFiles } = parsed.data.changed;
  const sets = (lines: typeof uncovered): ReadonlyMap<string, ReadonlySet<number>> => new Map(lines.map((one) => [one.file, new Set(one.lines)]));
  return { status: 'measured', evidence: newest.id, executed: sets(executed), notExecuted: sets(uncovered), isCut: omittedFiles > 0 || uncovered.some(({ lines }) => lines.length >= linesKept) };
}
