import type { FileChange, TaskWorkspace } from '@fw/agents-core';
import { ratio } from './coverage.ts';
import type { Coverage } from './coverage.ts';
import { inBatches } from './in-batches.ts';
import { isSourceFile } from './test-kind.ts';

/** How much of a change's code ran under the tests. */
export interface ChangedCoverage {
  /** 0 to 1; null when no line of source code changed. */
  readonly ratio: number | null;
  readonly covered: number;
  readonly total: number;
  readonly uncovered: readonly ChangedLines[];
  /** Changed lines that ran. */
  readonly executed: readonly ChangedLines[];
  /** Ways out of conditions that begin on changed lines, in files that a test loaded. */
  readonly branches: { readonly ratio: number | null; readonly covered: number; readonly total: number };
}

export interface ChangedLines {
  readonly file: string;
  readonly lines: readonly number[];
}

/** Compares the changed lines with what ran. In files that no test loaded, each changed line of code counts as not run. */
export async function measureChangedCoverage(coverage: Coverage, changes: readonly FileChange[], workspace: TaskWorkspace, tree: string): Promise<ChangedCoverage> {
  let covered = 0;
  let total = 0;
  let coveredBranches = 0;
  let branches = 0;
  const uncovered: ChangedLines[] = [];
  const executed: ChangedLines[] = [];
  const sources = changes.filter(({ status, file }) => status !== 'deleted' && isSourceFile(file));
  const texts = await inBatches(sources, async ({ file }) => (await workspace.show(tree, file)) ?? '');
  for (const [index, change] of sources.entries()) {
    const source = texts[index] ?? '';
    const code = codeLines(source);
    const changed = change.lines.filter((line) => code.has(line));
    const file = coverage.files[change.file];
    const ran = new Set(file?.covered);
    const idle = new Set(file?.uncovered);
    const missed = file === undefined ? changed : changed.filter((line) => idle.has(line));
    const hit = changed.filter((line) => ran.has(line));
    covered += hit.length;
    total += hit.length + missed.length;
    const onChanged = (file?.branches ?? []).filter((branch) => change.lines.includes(branch.line));
    coveredBranches += onChanged.filter((branch) => branch.covered).length;
    branches += onChanged.length;
    if (missed.length > 0) uncovered.push({ file: change.file, lines: missed });
    if (hit.length > 0) executed.push({ file: change.file, lines: hit });
  }
  return { ratio: ratio(covered, total), covered, total, uncovered, executed, branches: { ratio: ratio(coveredBranches, branches), covered: coveredBranches, total: branches } };
}

/** Lines that hold code: not blank, not only a comment, a bracket or a type import. */
function codeLines(source: string): ReadonlySet<number> {
  const code = new Set<number>();
  let inComment = false;
  source.split('\n').forEach((line, index) => {
    let text = line.trim();
    if (inComment) {
      const end = text.indexOf('*/');
      if (end === -1) return;
      inComment = false;
      text = text.slice(end + 2).trim();
    }
    if (text.startsWith('/*')) {
      const end = text.indexOf('*/', 2);
      inComment = end === -1;
      text = end === -1 ? '' : text.slice(end + 2).trim();
    }
    if (text === '' || text.startsWith('//') || /^[\s{}()[\];,]+$/.test(text) || /^(import|export) type\b/.test(text)) return;
    code.add(index + 1);
  });
  return code;
}
