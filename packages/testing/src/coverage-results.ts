import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import type { ChangedCoverage, ChangedLines } from './changed-coverage.ts';
import type { Coverage } from './coverage.ts';

/** What tests covered, small enough to be kept. */
export type CoverageResults =
  | {
      readonly status: 'measured';
      readonly lines: number | null;
      readonly branches: number | null;
      readonly changedLines: number | null;
      readonly changedBranches: number | null;
      /** `executed` is absent in evidence of versions that did not record it. */
      readonly changed: Pick<ChangedCoverage, 'covered' | 'total' | 'uncovered'> & { readonly executed?: readonly ChangedLines[]; readonly omittedFiles: number };
      readonly files: { readonly [file: string]: { readonly covered: number; readonly total: number } };
      readonly omittedFiles: number;
    }
  | { readonly status: 'unavailable'; readonly reason: string };

const share = withZod((z) => z.number().min(0).max(1).nullable());
const count = withZod((z) => z.number().int().min(0));
const lines = withZod((z) => z.array(z.object({ file: z.string(), lines: z.array(count) })));

/** The form of `results` in evidence of kind `coverage`. */
export const coverageResultsSchema: z.ZodType<CoverageResults> = withZod((z) => z.discriminatedUnion('status', [
  z.object({
    status: z.literal('measured'),
    lines: share,
    branches: share,
    changedLines: share,
    changedBranches: share.default(null),
    changed: z.object({ covered: count, total: count, uncovered: lines, executed: lines.exactOptional(), omittedFiles: count }),
    files: z.record(z.string(), z.object({ covered: count, total: count })),
    omittedFiles: count,
  }),
  z.object({ status: z.literal('unavailable'), reason: z.string() }),
]));

/** Coverage as `results` of evidence: all figures, at most 2,000 files, 100 files of uncovered changed lines, 200 lines each, and as many files of those that ran, 2,000 lines each. */
export function toCoverageResults(coverage: Coverage, changed: ChangedCoverage): CoverageResults {
  const files = Object.entries(coverage.files);
  return {
    status: 'measured',
    lines: coverage.lines,
    branches: coverage.branches,
    changedLines: changed.ratio,
    changedBranches: changed.branches.ratio,
    changed: {
      covered: changed.covered,
      total: changed.total,
      uncovered: changed.uncovered.slice(0, 100).map(({ file, lines }) => ({ file, lines: lines.slice(0, 200) })),
      executed: changed.executed.slice(0, 100).map(({ file, lines }) => ({ file, lines: lines.slice(0, 2_000) })),
      omittedFiles: Math.max(0, changed.uncovered.length - 100),
    },
    files: Object.fromEntries(files.slice(0, 2_000).map(([file, { covered, uncovered }]) => [file, { covered: covered.length, total: covered.length + uncovered.length }])),
    omittedFiles: Math.max(0, files.length - 2_000),
  };
}
