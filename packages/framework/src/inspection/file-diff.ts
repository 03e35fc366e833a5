import type { Comparison, SnapshotReader } from '@fw/workspace';

/** What is different in one file, as lines to be shown. */
export interface FileDiff {
  readonly file: string;
  readonly status: Comparison['status'];
  /** The name that a renamed file had. */
  readonly from?: string;
  readonly added: number;
  readonly removed: number;
  /** With a few lines around each change; empty for what is no text. */
  readonly lines: readonly DiffLine[];
  /** Lines that there was no room for. */
  readonly omitted: number;
}

export interface DiffLine {
  readonly type: 'same' | 'added' | 'removed' | 'gap';
  /** Numbers in the older and in the newer file. */
  readonly old?: number;
  readonly new?: number;
  readonly text: string;
}

const around = 3;
const mostLines = 3_000;
const mostFiles = 300;
const longestLine = 2_000;

/** Both trees of one storage, compared. Files beyond the first 300 come without lines. */
export async function readDiff(snapshots: SnapshotReader, from: string, to: string): Promise<readonly FileDiff[]> {
  const comparisons = await snapshots.compare(from, to);
  const diffs: FileDiff[] = [];
  for (const [index, comparison] of comparisons.entries()) {
    const before = index >= mostFiles || comparison.status === 'added' || comparison.hunks.length === 0 ? '' : await snapshots.show(from, comparison.from ?? comparison.file).catch(() => '') ?? '';
    diffs.push(diffOfFile(index < mostFiles ? comparison : { ...comparison, hunks: [] }, before));
  }
  return diffs;
}

/** The lines of a comparison with those around them, read from the older file. */
export function diffOfFile({ file, status, from, hunks }: Comparison, before: string): FileDiff {
  const old = linesOf(before);
  const lines: DiffLine[] = [];
  let [nextOld, nextNew] = [1, 1];
  const same = (until: number): void => {
    for (; nextOld < until && nextOld <= old.length; nextOld += 1, nextNew += 1) lines.push({ type: 'same', old: nextOld, new: nextNew, text: clip(old[nextOld - 1] ?? '') });
  };
  for (const [index, { oldStart, oldLines, newStart, newLines, lines: changed }] of hunks.entries()) {
    // With a count of 0 a hunk names the line before.
    const start = oldLines === 0 ? oldStart + 1 : oldStart;
    const startNew = newLines === 0 ? newStart + 1 : newStart;
    if (start - around > nextOld) {
      lines.push({ type: 'gap', text: '' });
      const skipped = start - around - nextOld;
      nextOld += skipped;
      nextNew += skipped;
    }
    same(start);
    [nextOld, nextNew] = [start, startNew];
    for (const line of changed) {
      if (line.startsWith('-')) lines.push({ type: 'removed', old: nextOld++, text: clip(line.slice(1)) });
      else if (line.startsWith('+')) lines.push({ type: 'added', new: nextNew++, text: clip(line.slice(1)) });
    }
    const next = hunks[index + 1];
    same(Math.min(nextOld + around, next === undefined ? old.length + 1 : next.oldLines === 0 ? next.oldStart + 1 : next.oldStart));
  }
  const count = (type: DiffLine['type']): number => lines.filter((line) => line.type === type).length;
  return {
    file, status, ...(from !== undefined && { from }), added: count('added'), removed: count('removed'),
    lines: lines.slice(0, mostLines), omitted: Math.max(0, lines.length - mostLines),
  };
}

/** The end of the last line begins no other. */
function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

const clip = (line: string): string => (line.length > longestLine ? `${line.slice(0, longestLine).toWellFormed()} …` : line);
