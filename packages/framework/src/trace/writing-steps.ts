import type { RevisionRequest } from '@fw/agents-core';
import type { Comparison, Hunk, SnapshotReader } from '@fw/workspace';
import { isLeave } from '../run-projection.ts';
import type { Left, PlacedEntry } from '../run-projection.ts';

/** A step of the journal that changed a file. */
export interface WritingStep {
  /** Sequence number of its entry, as `log` gives it. */
  readonly seq: number;
  readonly key: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly state: string;
  readonly visit: number;
  readonly agent: string;
  /** The tool that was called; null for a step that is no call of a tool. */
  readonly tool: string | null;
  /** Those of the asked lines that it wrote, numbered as the run leaves the file. */
  readonly lines: readonly number[];
  /** 0 for the first way through its state, 1 for the first revision, … */
  readonly revision: number;
  /** Why it came to that revision. */
  readonly requests: readonly RevisionRequest[];
}

export interface WrittenFile {
  /** As the run leaves it. */
  readonly file: string;
  /** Lines whose writer is wanted. */
  readonly lines: readonly number[];
}

/**
 * Which steps changed a file, under whichever name it had, and which of the lines each wrote: from the last tree back to
 * the base, a line goes to the first step that has it among those it put there.
 */
export async function findWriters(entries: readonly PlacedEntry[], snapshots: SnapshotReader, wanted: WrittenFile): Promise<readonly WritingStep[]> {
  const steps = changingSteps(entries, snapshots.base);
  const writers: WritingStep[] = [];
  let { file } = wanted;
  /** What is looked for by its number in the tree at hand. */
  let lines = new Map(wanted.lines.map((line) => [line, line]));
  let versions = await versionsOf(file, steps, snapshots);
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const step = steps[index] as ChangingStep;
    if (versions[index] === versions[index + 1]) continue;
    const comparison = (await snapshots.compare(step.before, step.after)).find((one) => one.file === file);
    if (comparison === undefined) continue;
    const { written, older } = followBack(lines, comparison);
    writers.push({ ...describeStep(step.placed, entries), lines: written.toSorted((left, right) => left - right) });
    lines = older;
    if (comparison.status === 'added') break;
    if (comparison.from !== undefined) {
      file = comparison.from;
      versions = await versionsOf(file, steps, snapshots);
    }
  }
  // Lines of a file that was there under another name, and became too different to be called renamed.
  const left = [...lines.values()];
  return writers.toReversed().map((writer, index) => (index === 0 && left.length > 0 ? { ...writer, lines: [...writer.lines, ...left].sort((one, other) => one - other) } : writer));
}

interface ChangingStep {
  readonly placed: PlacedEntry;
  readonly before: string;
  readonly after: string;
}

function changingSteps(entries: readonly PlacedEntry[], base: string): readonly ChangingStep[] {
  let before = base;
  return entries.flatMap((placed) => {
    const { tree } = placed.entry;
    if (tree === undefined || tree === before) return [];
    const step = { placed, before, after: tree };
    before = tree;
    return [step];
  });
}

/** Of the tree before the first step, and after each. */
async function versionsOf(file: string, steps: readonly ChangingStep[], snapshots: SnapshotReader): Promise<readonly (string | undefined)[]> {
  return snapshots.versions([...steps.slice(0, 1).map(({ before }) => before), ...steps.map(({ after }) => after)], file);
}

/** Takes numbers of lines over a comparison back: those that it put there, and the others as they were numbered before. */
function followBack(lines: ReadonlyMap<number, number>, { hunks, status }: Comparison): { readonly written: readonly number[]; readonly older: Map<number, number> } {
  const written: number[] = [];
  const older = new Map<number, number>();
  const numbers = [...lines.keys()].sort((left, right) => left - right);
  const before = status === 'added' ? [] : linesBefore(numbers, hunks);
  for (const [index, line] of numbers.entries()) {
    const wanted = lines.get(line) ?? line;
    const old = before[index];
    if (old === undefined) written.push(wanted);
    else older.set(old, wanted);
  }
  return { written, older };
}

/** What lines were numbered before; undefined for one that is new. `lines` rise. */
export function linesBefore(lines: readonly number[], hunks: readonly Hunk[]): readonly (number | undefined)[] {
  let next = 0;
  let shift = 0;
  return lines.map((line) => {
    for (; next < hunks.length; next += 1) {
      const { newStart, newLines, oldLines } = hunks[next] as Hunk;
      // A hunk that only deletes stands behind the line that it names.
      if (newLines === 0 ? line <= newStart : line < newStart) break;
      if (line < newStart + newLines) return undefined;
      shift += oldLines - newLines;
    }
    return line + shift;
  });
}

function describeStep(placed: PlacedEntry, entries: readonly PlacedEntry[]): Omit<WritingStep, 'lines'> {
  const { entry, state, visit, agent, step } = placed;
  return {
    seq: entry.seq, key: entry.key, at: entry.at, state, visit, agent, tool: step.startsWith('tool.') ? step.slice('tool.'.length) : null,
    revision: Math.max(0, visit - 1), requests: requestsBefore(placed, entries),
  };
}

/** What was asked for between the last visit of its state and this one; nothing before the first. */
function requestsBefore({ entry, state, visit }: PlacedEntry, entries: readonly PlacedEntry[]): readonly RevisionRequest[] {
  const earlier = entries.filter((one) => one.entry.seq < entry.seq);
  const since = earlier.findIndex((one) => isLeave(one) && one.state === state && one.visit === visit - 1);
  if (since === -1) return [];
  const lefts = earlier.slice(since).filter(isLeave).map((one) => one.output as unknown as Left).filter((left) => left.outcome === 'revise');
  return [...new Map(lefts.flatMap(({ requests }) => requests).map((request) => [request.id, request])).values()];
}
