export type GateStatus = 'passed' | 'failed' | 'inconclusive' | 'unavailable';

export interface GateResult {
  /** A gate of the policy, or `validator/<name>` for a plugin's. */
  readonly gate: string;
  readonly status: GateStatus;
  /** One line for a person: what was found, with numbers. */
  readonly message: string;
  /** Ids of the evidence that says so. */
  readonly evidence: readonly string[];
}

/** What evidence and policy say about one tree. */
export interface Verdict {
  readonly verdict: 'accepted' | 'rejected' | 'inconclusive';
  /** The tree that was judged; null when there is no evidence. */
  readonly tree: string | null;
  /** The tree it was compared with; null when nothing was. */
  readonly base: string | null;
  readonly gates: readonly GateResult[];
}
