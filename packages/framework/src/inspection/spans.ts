import { attemptsIn, isEnter, isLeave } from '../run-projection.ts';
import type { PlacedEntry } from '../run-projection.ts';

/** One stretch of time of a run: a visit of a state, or one step in it. */
export interface RunSpan {
  /** Sequence number of the entry that ends it, or of the one that began it while it goes on. */
  readonly seq: number;
  readonly kind: 'state' | 'model' | 'tool' | 'runner' | 'wait' | 'step';
  /** What ran: the tool, the state, … */
  readonly label: string;
  readonly state: string;
  readonly visit: number;
  readonly agent: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Null while it goes on. */
  readonly endedAt: number | null;
  readonly ok: boolean;
  /** Nothing else could have ended the run sooner: the chain of steps, each begun when the one before had ended. */
  readonly critical: boolean;
}

/** The waterfall of a run, in the order in which things began. */
export function readSpans(entries: readonly PlacedEntry[]): readonly RunSpan[] {
  const spans = [...stateSpans(entries), ...stepSpans(entries)].sort((left, right) => left.startedAt - right.startedAt || Number(right.kind === 'state') - Number(left.kind === 'state') || left.seq - right.seq);
  const critical = criticalPath(spans.filter(({ kind }) => kind !== 'state'), entries.at(-1)?.entry.at ?? 0);
  return spans.map((span) => (critical.has(span) ? { ...span, critical: true } : span));
}

function stateSpans(entries: readonly PlacedEntry[]): readonly RunSpan[] {
  const leaves = new Map(entries.filter(isLeave).map((placed) => [`${placed.state}#${placed.visit}`, placed]));
  return entries.filter(isEnter).map(({ entry, state, visit }) => {
    const leave = leaves.get(`${state}#${visit}`);
    const { outcome = 'done' } = (leave?.output ?? {}) as { readonly outcome?: string };
    return { seq: leave?.entry.seq ?? entry.seq, kind: 'state', label: state, state, visit, agent: '', startedAt: entry.at, endedAt: leave?.entry.at ?? null, ok: outcome === 'done', critical: false };
  });
}

function stepSpans(entries: readonly PlacedEntry[]): readonly RunSpan[] {
  const begun = new Map<string, PlacedEntry>();
  const spans: RunSpan[] = [];
  for (const placed of entries) {
    const { entry } = placed;
    if (entry.kind === 'begin') {
      // A step that begins again after its process died goes on since then.
      begun.set(entry.key, placed);
      continue;
    }
    const begin = begun.get(entry.key);
    begun.delete(entry.key);
    if (placed.state === '' || (entry.origin === 'engine' && begin === undefined)) continue;
    spans.push(spanOf(placed, startOf(placed, begin), entry.at));
  }
  for (const placed of begun.values()) if (placed.state !== '') spans.push(spanOf(placed, placed.entry.at, null));
  return spans;
}

function spanOf(placed: PlacedEntry, startedAt: number, endedAt: number | null): RunSpan {
  const { entry, state, visit, agent, step, output } = placed;
  const { ok = true } = (entry.origin === 'tool' ? output ?? {} : {}) as { readonly ok?: boolean };
  return { seq: entry.seq, kind: kindOf(placed), label: step.replace(/^(tool\.|wait:)/, ''), state, visit, agent, startedAt: endedAt === null ? startedAt : Math.min(startedAt, endedAt), endedAt, ok: ok && entry.error === undefined, critical: false };
}

function kindOf({ entry, step }: PlacedEntry): RunSpan['kind'] {
  if (entry.origin === 'model' || entry.origin === 'tool' || entry.origin === 'runner') return entry.origin;
  return step.startsWith('wait:') ? 'wait' : 'step';
}

/** A call of a model writes no entry when it begins; its receipt knows. */
function startOf(placed: PlacedEntry, begin: PlacedEntry | undefined): number {
  const attempts = attemptsIn(placed);
  return begin?.entry.at ?? Math.min(placed.entry.at, ...attempts.map(({ startedAt }) => startedAt));
}

/** Back from the end: before each step stands the one that ended last before it began. */
function criticalPath(steps: readonly RunSpan[], now: number): ReadonlySet<RunSpan> {
  const byEnd = steps.map((span) => ({ span, end: span.endedAt ?? now })).sort((left, right) => left.end - right.end || left.span.startedAt - right.span.startedAt);
  const path = new Set<RunSpan>();
  let before = Infinity;
  for (let index = byEnd.length - 1; index >= 0; index -= 1) {
    const { span, end } = byEnd[index]!;
    if (end > before) continue;
    path.add(span);
    before = Math.min(before, span.startedAt);
  }
  return path;
}
