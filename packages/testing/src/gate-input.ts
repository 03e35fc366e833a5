import type { Evidence } from '@fw/agents-core';
import type { Policy } from './policy.ts';
import type { GateResult } from './verdict.ts';

/** What a gate looks at: evidence for the judged tree, oldest first, and the newest baseline. */
export interface GateInput {
  readonly evidence: readonly Evidence[];
  readonly baseline: Evidence | undefined;
  readonly policy: Policy;
}

/** A gate's result without its name. */
export type GateOutcome = Omit<GateResult, 'gate'>;
