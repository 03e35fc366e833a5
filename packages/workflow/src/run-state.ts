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
  /** Returns without improvement so far. */
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
