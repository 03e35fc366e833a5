import { isSourceFile } from './test-kind.ts';

export interface FileCoverage {
  /** 1-based numbers of lines that ran, and of lines that could have run and did not. */
  readonly covered: readonly number[];
  readonly uncovered: readonly number[];
  readonly branches: readonly CoveredBranch[];
}

/** One way out of a condition. */
interface CoveredBranch {
  /** 1-based number of the line that the condition begins on. */
  readonly line: number;
  readonly covered: boolean;
}

/** Coverage of the project's source files; files that no test loaded are not in it. */
export interface Coverage {
  /** 0 to 1; null when there is nothing to count. */
  readonly lines: number | null;
  readonly branches: number | null;
  readonly files: { readonly [file: string]: FileCoverage };
}

/** Sums the source files among them. */
export function summarizeCoverage(all: { readonly [file: string]: FileCoverage }): Coverage {
  const files = Object.fromEntries(Object.entries(all).filter(([file]) => isSourceFile(file)));
  let covered = 0;
  let lines = 0;
  let coveredBranches = 0;
  let branches = 0;
  for (const file of Object.values(files)) {
    covered += file.covered.length;
    lines += file.covered.length + file.uncovered.length;
    coveredBranches += file.branches.filter((branch) => branch.covered).length;
    branches += file.branches.length;
  }
  return { lines: ratio(covered, lines), branches: ratio(coveredBranches, branches), files };
}

/** Null for nothing out of nothing. */
export function ratio(part: number, total: number): number | null {
  return total === 0 ? null : Math.round((part / total) * 10_000) / 10_000;
}

/** What two runs cover together. */
export function mergeCoverage(left: Coverage, right: Coverage): Coverage {
  const files: Record<string, FileCoverage> = { ...left.files };
  for (const [name, file] of Object.entries(right.files)) {
    const other = files[name];
    files[name] = other === undefined ? file : mergeFile(other, file);
  }
  return summarizeCoverage(files);
}

function mergeFile(left: FileCoverage, right: FileCoverage): FileCoverage {
  const covered = new Set([...left.covered, ...right.covered]);
  const uncovered = new Set([...left.uncovered, ...right.uncovered].filter((line) => !covered.has(line)));
  return { covered: sorted(covered), uncovered: sorted(uncovered), branches: mergeBranches(left.branches, right.branches) };
}

/** One by one where both runs saw the same branches; else those of the run that covers more. */
function mergeBranches(left: FileCoverage['branches'], right: FileCoverage['branches']): FileCoverage['branches'] {
  const covered = (branches: FileCoverage['branches']): number => branches.filter((branch) => branch.covered).length;
  const same = left.length === right.length && left.every((branch, index) => branch.line === right[index]?.line);
  if (same) return left.map((branch, index) => ({ line: branch.line, covered: branch.covered || right[index]?.covered === true }));
  return covered(left) >= covered(right) ? left : right;
}

function sorted(lines: ReadonlySet<number>): readonly number[] {
  return [...lines].sort((left, right) => left - right);
}
