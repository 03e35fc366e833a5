import type { Json } from '@fw/agents-core';
import type { BlobStore } from './blob-store.ts';
import { isFinal } from './definition.ts';
import type { WorkflowDefinition } from './definition.ts';
import type { ProgramBeginning } from './interpret.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { ForkOrigin, RunRecord } from './journal-store.ts';
import { resolveOutput } from './large-output.ts';
import { applyLeave, firstState } from './run-state.ts';
import type { Leave, RunState } from './run-state.ts';

/** The part of a journal that one definition drove: a run that was migrated has several. */
export interface Segment {
  readonly definition: WorkflowDefinition;
  readonly fingerprint: string;
  readonly input: Json;
  readonly entries: readonly JournalEntry[];
  readonly beginning?: ProgramBeginning;
  /** How often each signal was waited for before. */
  readonly signals: ReadonlyMap<string, number>;
  /** How many operations had settled before. */
  readonly settledBefore: number;
}

/** What the entry of a migration says: everything that the run goes on with. */
export interface Migrated {
  readonly definition: WorkflowDefinition;
  readonly fingerprint: string;
  readonly input: Json;
  readonly state: RunState;
}

const MIGRATE = /\/!migrate#\d+$/;
/** An agent may have that name too: then it is not the first. */
const LEAVE = /\/leave#\d+$/;
const WAIT = /\/wait:([^/#]+)#\d+$/;

/** Parts of a journal, oldest first; the last one is where the run goes on. */
export async function segmentsOf(record: Pick<RunRecord, 'definition' | 'fingerprint' | 'input'>, entries: readonly JournalEntry[], blobs: BlobStore): Promise<readonly [Segment, ...Segment[]]> {
  const migrations = entries.flatMap((entry, index) => (isMigration(entry) ? [index] : []));
  const first: Segment = { definition: record.definition, fingerprint: record.fingerprint, input: record.input, entries: entries.slice(0, migrations[0]), signals: new Map(), settledBefore: 0 };
  const segments: [Segment, ...Segment[]] = [first];
  for (const [count, index] of migrations.entries()) {
    const { output, order } = entries[index]!;
    const { definition, fingerprint, input, state } = await resolveOutput(output!, blobs) as unknown as Migrated;
    const earlier = entries.slice(0, index);
    segments.push({
      definition, fingerprint, input, entries: entries.slice(index + 1, migrations[count + 1]), signals: countSignals(earlier), settledBefore: earlier.filter(isSettled).length,
      beginning: { state, path: `migrated#${count + 1}`, order },
    });
  }
  return segments;
}

export const migrateEntryHead = (run: string, entries: readonly JournalEntry[], count: number): Pick<JournalEntry, 'key' | 'order' | 'kind' | 'attempt' | 'origin'> => ({
  key: `${run}/!migrate#${count}`, kind: 'step', attempt: 1, origin: 'engine',
  order: [1 + Math.max(-1, ...entries.map((entry) => entry.order[0] ?? -1))],
});

export const isMigration = (entry: JournalEntry): boolean => entry.origin === 'engine' && MIGRATE.test(entry.key);

/** An operation that the program has seen; not a begin, the end of the run, or a migration. */
export const isSettled = (entry: JournalEntry): boolean => entry.kind !== 'begin' && entry.kind !== 'run' && !isMigration(entry);

/** Where a run is, read out of its journal without running anything. */
export async function stateOf(segment: Segment, blobs: BlobStore): Promise<RunState> {
  let state = segment.beginning?.state ?? firstState(segment.definition.initial);
  for (const entry of segment.entries) {
    if (entry.origin !== 'engine' || entry.kind !== 'step' || !LEAVE.test(entry.key)) continue;
    const here = segment.definition.states[state.state];
    if (!here || isFinal(here)) break;
    state = applyLeave(state, await resolveOutput(entry.output!, blobs) as unknown as Leave);
  }
  return state;
}

/** The seed of draws made when that many operations have settled. */
export const seedOf = (run: string, forkedFrom: ForkOrigin | undefined, settled: number): string =>
  forkedFrom?.seeds.find(({ until }) => settled < until)?.seed ?? run;

function countSignals(entries: readonly JournalEntry[]): ReadonlyMap<string, number> {
  const keys = new Set(entries.map((entry) => entry.key));
  const counts = new Map<string, number>();
  for (const key of keys) {
    const name = WAIT.exec(key)?.[1];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
