import type { Artifact, RevisionRequest } from '@fw/agents-core';

/** Where a run is. A pure function of its definition and the results so far. */
export interface RunState {
  readonly state: string;
  /** How often each state was entered. */
  readonly visits: { readonly [state: string]: number };
  readonly artifacts: readonly Artifact[];
  /** What has to change; open until the state that raised it lets the work pass. */
  readonly requests: readonly RevisionRequest[];
  readonly raisedIn?: string;
  /** Of each state that the run was sent back to. */
  readonly progress: { readonly [state: string]: Progress };
  /** The move that led here; absent at the start. */
  readonly last?: Move;
}

export interface Progress {
  /** Digests of every situation in which the run came back to this state. */
  readonly seen: readonly string[];
  /** The least number of failing checks so far. */
  readonly fewestFailing: number;
  /** The best measured values at that number. */
  readonly vector: readonly number[];
  /** Returns since the last improvement. */
  readonly spent: number;
}

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly outcome: 'done' | 'revise' | 'failed' | 'timeout' | 'stuck';
  /** Name of the arrow; `failed` where no arrow was left. */
  readonly event: string;
  readonly code?: string;
  readonly message?: string;
}

export const firstState = (initial: string): RunState => ({ state: initial, visits: { [initial]: 1 }, artifacts: [], requests: [], progress: {} });

/** What the journal keeps of a move: what is new in it. All moves of a run together are its state. */
export interface Leave extends Move {
  readonly requests: readonly RevisionRequest[];
  /** Those of this visit. */
  readonly artifacts: readonly Artifact[];
  readonly raisedIn?: string;
  /** Of the state moved to, where it changed. */
  readonly progress?: Omit<Progress, 'seen'> & { readonly situation?: string };
}

export function leaveOutput(before: RunState, after: RunState): Leave {
  const last = after.last!;
  const progress = after.progress[last.to];
  const situation = progress?.seen[before.progress[last.to]?.seen.length ?? 0];
  return {
    ...last, requests: after.requests, artifacts: after.artifacts.slice(before.artifacts.length),
    ...(after.raisedIn !== undefined && { raisedIn: after.raisedIn }),
    ...(progress && progress !== before.progress[last.to] && {
      progress: { fewestFailing: progress.fewestFailing, vector: progress.vector, spent: progress.spent, ...(situation !== undefined && { situation }) },
    }),
  };
}

/** The state after a move that the journal has. */
export function applyLeave(before: RunState, { requests, artifacts, raisedIn, progress, ...last }: Leave): RunState {
  const { raisedIn: _before, ...kept } = before;
  const seen = before.progress[last.to]?.seen ?? [];
  return {
    ...kept, state: last.to, requests, last,
    visits: { ...before.visits, [last.to]: (before.visits[last.to] ?? 0) + 1 },
    artifacts: [...before.artifacts, ...artifacts],
    ...(raisedIn !== undefined && { raisedIn }),
    ...(progress && { progress: { ...before.progress, [last.to]: { seen: progress.situation === undefined ? seen : [...seen, progress.situation], fewestFailing: progress.fewestFailing, vector: progress.vector, spent: progress.spent } } }),
  };
}
