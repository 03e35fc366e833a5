import type { Evidence } from '@fw/agents-core';
import type { JournalEntry } from '@fw/workflow';
import { readSnapshots } from '@fw/workspace';
import type { Comparison, SnapshotReader } from '@fw/workspace';
import { nearestStorage } from '../nearest-storage.ts';
import type { RunBook } from '../run-book.ts';
import { readRunInput } from '../run-input.ts';
import { artifactsIn, evidenceIn, placeEntry } from '../run-projection.ts';
import type { PlacedEntry } from '../run-projection.ts';
import { traceCriteria } from './trace-criteria.ts';
import type { TracedCriterion } from './trace-criteria.ts';
import { readSaid } from './artifacts.ts';
import type { Said } from './artifacts.ts';
import { readMeasured } from './evidence.ts';
import type { MeasuredTree } from './evidence.ts';

/** A run as its lines are traced: its journal and its snapshots, which are only read. */
export interface TracedRun {
  readonly id: string;
  /** Folder of the user's tree. */
  readonly workspace: string;
  readonly entries: readonly PlacedEntry[];
  readonly snapshots: SnapshotReader;
  /** The tree as the run has come to. */
  readonly tree: string;
  /** The run's change so far, against the tree as it was found. */
  readonly changes: readonly Comparison[];
  readonly said: Said;
  readonly measured: MeasuredTree;
  readonly criteria: readonly TracedCriterion[];
}

/** @throws FrameworkError `FW_RUN_UNKNOWN`; WorkspaceError `FW_WORKSPACE_MISSING` when its files are gone. */
export async function openTrace(id: string, { book, read }: { readonly book: RunBook; readonly read: (run: string) => Promise<readonly JournalEntry[]> }): Promise<TracedRun> {
  const record = await book.require(id);
  const { task, workspace } = readRunInput(record.input);
  // What models and tools answered may be much, and a trace needs none of it.
  const entries = await Promise.all((await read(id)).map((entry) => (entry.origin === 'engine' || entry.origin === 'runner' ? book.place(entry) : placeEntry(entry, undefined))));
  const snapshots = await readSnapshots({ storage: await nearestStorage(id, book) });
  const tree = entries.findLast(({ entry }) => entry.tree !== undefined)?.entry.tree ?? snapshots.base;
  const artifacts = entries.flatMap(artifactsIn);
  const evidence: readonly Evidence[] = entries.flatMap(evidenceIn);
  return {
    id, workspace, entries, snapshots, tree,
    changes: await snapshots.compare(snapshots.base, tree),
    said: readSaid(artifacts, task),
    measured: readMeasured(evidence, tree),
    criteria: traceCriteria({ task, artifacts, evidence, tree }),
  };
}
