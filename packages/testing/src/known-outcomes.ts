import type { TaskWorkspace } from '@fw/agents-core';
import type { Measurement } from './measurement.ts';
import { mutationResultsSchema } from './mutation-results.ts';
import type { Mutant, MutantResult } from './mutation-results.ts';
import type { TestReport } from './test-report.ts';

/** What an earlier measurement says of mutants. */
export interface KnownOutcomes {
  /** Undefined where it has to be measured. */
  of(mutant: Mutant): Pick<MutantResult, 'status' | 'killedBy'> | undefined;
  /** The only tests that can say something new of it; undefined for all. */
  testsFor(mutant: Mutant): readonly string[] | undefined;
}

/**
 * Where nothing but test files were added or edited since, a mutant that an untouched test noticed is still noticed, and
 * of one that survived only the touched tests can say more. Everything else is measured as if for the first time.
 */
export async function knownOutcomes({ workspace, earlier, head, report }: {
  readonly workspace: TaskWorkspace;
  readonly earlier: Measurement | undefined;
  readonly head: string;
  /** The run without a mutant. */
  readonly report: TestReport;
}): Promise<KnownOutcomes> {
  const results = mutationResultsSchema.safeParse(earlier?.results).data;
  const nothing: KnownOutcomes = { of: () => undefined, testsFor: () => undefined };
  if (earlier === undefined || results?.status !== 'measured') return nothing;
  const changes = earlier.tree === head ? [] : await workspace.changes(earlier.tree, head).catch(() => undefined);
  const tests = new Set(report.cases.map(({ file }) => file));
  // A helper of tests, or a test that is gone, can change what others notice.
  if (changes === undefined || changes.some(({ file, status }) => status === 'deleted' || !tests.has(file))) return nothing;
  const touched = changes.map(({ file }) => file);
  const known = new Map(results.mutants.map((mutant) => [keyOf(mutant), mutant]));
  return {
    of(mutant) {
      const before = known.get(keyOf(mutant));
      if (before?.status === 'survived' && touched.length === 0) return { status: 'survived' };
      if (before?.status !== 'killed' || before.killedBy === undefined || touched.some((file) => before.killedBy?.startsWith(file) === true)) return undefined;
      return { status: 'killed', killedBy: before.killedBy };
    },
    testsFor: (mutant) => (known.get(keyOf(mutant))?.status === 'survived' ? touched : undefined),
  };
}

function keyOf({ file, line, column, mutator, original, replacement }: Mutant): string {
  return JSON.stringify([file, line, column, mutator, original, replacement]);
}
