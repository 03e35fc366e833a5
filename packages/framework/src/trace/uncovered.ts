import type { Comparison } from '@fw/workspace';
import type { TracedCriterion } from './trace-criteria.ts';
import { meansFile } from './artifacts.ts';
import type { TracedRun } from './traced-run.ts';

/** What of a run nothing measured stands behind. */
export interface Uncovered {
  readonly version: 1;
  readonly run: string;
  /** Criteria with no test that passed. */
  readonly criteria: readonly TracedCriterion[];
  readonly coverage: CoverageNote;
  /** Changed lines of code that no test executed; empty where coverage is not known. */
  readonly notExecuted: readonly FileLines[];
  /** Changed lines that lead to no criterion: no component of the design names their file, and no test of a criterion stands in it. */
  readonly noCriterion: readonly FileLines[];
}

/** `isCut`: the evidence had no room for all lines that did not run. */
export type CoverageNote = { readonly status: 'measured'; readonly evidence: string; readonly isCut: boolean } | { readonly status: 'unavailable'; readonly reason: string };

export interface FileLines {
  readonly file: string;
  /** 1-based, as the run leaves the file; none of a file that was deleted or is no text. */
  readonly lines: readonly number[];
}

export function findUncovered(run: TracedRun): Uncovered {
  const { coverage } = run.measured;
  return {
    version: 1,
    run: run.id,
    criteria: run.criteria.filter(({ tests }) => !tests.some(({ status }) => status === 'passed')),
    coverage: coverage.status === 'measured' ? { status: 'measured', evidence: coverage.evidence, isCut: coverage.isCut } : coverage,
    notExecuted: coverage.status === 'measured' ? [...coverage.notExecuted].map(([file, lines]) => ({ file, lines: [...lines] })) : [],
    noCriterion: run.changes.filter(({ file }) => criteriaOfFile(file, run).length === 0).map((change) => ({ file: change.file, lines: writtenLines(change) })),
  };
}

/** Criteria that a file is there for, and what says so. */
export function criteriaOfFile(file: string, { said, criteria }: Pick<TracedRun, 'said' | 'criteria'>): readonly { readonly criterion: TracedCriterion; readonly by: readonly ('component' | 'test')[] }[] {
  return criteria.flatMap((criterion) => {
    const isBuilt = said.components.some((component) => component.criteria.includes(criterion.criterion) && component.files.some((path) => meansFile(path, file)));
    const isShown = criterion.tests.some((test) => test.file === file);
    const by = [...(isBuilt ? ['component' as const] : []), ...(isShown ? ['test' as const] : [])];
    return by.length === 0 ? [] : [{ criterion, by }];
  });
}

/** Lines of a file that the run put there. */
export function writtenLines({ status, hunks }: Comparison): readonly number[] {
  return status === 'deleted' ? [] : hunks.flatMap(({ newStart, newLines }) => Array.from({ length: newLines }, (_, index) => newStart + index));
}
