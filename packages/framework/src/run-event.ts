import type { RevisionRequest } from '@fw/agents-core';
import type { Usage } from '@fw/models';

/** One event of a run as `fw run --output ndjson` prints it; a projection of the journal. */
export type RunEvent = RunEventHead & RunEventBody;

export interface RunEventHead {
  readonly v: 1;
  /** Counts from 1 in each stream, without gaps. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly run: string;
}

export type RunEventBody =
  | { readonly type: 'run.started'; readonly goal: string; readonly workspace: string; readonly resumed: boolean; readonly simulated: boolean; readonly sandbox: string }
  | { readonly type: 'state.entered'; readonly state: string; readonly visit: number; readonly agents: readonly string[] }
  | { readonly type: 'state.left'; readonly state: string; readonly visit: number; readonly event: string; readonly to: string; readonly outcome: string; readonly durationMs: number }
  | { readonly type: 'model.called'; readonly state: string; readonly agent: string; readonly model: string; readonly usage: Usage; readonly failure?: string }
  | { readonly type: 'tool.called'; readonly state: string; readonly agent: string; readonly tool: string; readonly ok: boolean; readonly code?: string }
  | { readonly type: 'evidence.recorded'; readonly id: string; readonly kind: string; readonly tree: string; readonly exitCode: number; readonly summary: string }
  | { readonly type: 'revision.requested'; readonly from: string; readonly to: string; readonly requests: readonly RevisionRequest[] }
  | { readonly type: 'verdict.given'; readonly verdict: 'accepted' | 'rejected' | 'inconclusive'; readonly gates: readonly { readonly gate: string; readonly status: string; readonly message: string }[] }
  | { readonly type: 'approval.requested'; readonly gate: string; readonly question: string }
  | ({ readonly type: 'run.finished'; readonly status: 'success' | 'failed' | 'cancelled' } & RunEnding)
  | ({ readonly type: 'run.paused'; readonly status: 'waiting' } & RunEnding);

export interface RunEnding {
  readonly verdict: 'accepted' | 'rejected' | 'inconclusive' | null;
  readonly code?: string;
  readonly message?: string;
  /** As `fw run` exits, see `exitCodeOf`. */
  readonly exitCode: number;
  /** Absolute path, or null. */
  readonly patch: string | null;
  /** Absolute path, or null. */
  readonly report: string | null;
  readonly usage: Usage;
}
