import type { TaskWorkspace } from '@fw/agents-core';
import { closestLine } from '../edits/explain-miss.ts';

/**
 * Counts the edits of each file that found no place. At the second in a row a model has shown that it does not know the
 * file: it sees the region as it is, and is told to change the format.
 */
export interface EditFailures {
  /** What to add to the answer; empty at the first failure. */
  add(file: string, text: string, wanted: string, otherFormat: string): string;
  clear(file: string): void;
}

/** One for each workspace, shared by the tools that edit it. */
export function editFailures(workspace: TaskWorkspace): EditFailures {
  const known = failuresOf.get(workspace) ?? new Map<string, number>();
  failuresOf.set(workspace, known);
  return {
    add(file, text, wanted, otherFormat) {
      const count = (known.get(file) ?? 0) + 1;
      known.set(file, count);
      return count < 2 ? '' : `\nThis is failure ${count} in a row on ${file}. As it stands now:\n${region(text, wanted)}\n${otherFormat}`;
    },
    clear: (file) => void known.delete(file),
  };
}

const failuresOf = new WeakMap<TaskWorkspace, Map<string, number>>();

function region(text: string, wanted: string): string {
  const lines = text.split(/\r?\n/);
  const at = closestLine(lines, wanted.split(/\r?\n/)) ?? 0;
  const start = Math.max(0, at - 15);
  const shown = lines.slice(start, start + 60);
  const all = start === 0 && shown.length === lines.length ? '' : `\n[Lines ${start + 1} to ${start + shown.length} of ${lines.length}.]`;
  return shown.map((line, index) => `${start + index + 1}\t${line.slice(0, 300)}`).join('\n') + all;
}
