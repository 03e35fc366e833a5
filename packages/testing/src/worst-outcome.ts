import type { GateOutcome } from './gate-input.ts';

/**
 * One outcome of several measurements of one tree, oldest first: a failure is never healed by running again; otherwise
 * the newest counts.
 */
export function worstOutcome(outcomes: readonly GateOutcome[], none: GateOutcome): GateOutcome {
  return outcomes.filter((outcome) => outcome.status === 'failed').at(-1) ?? outcomes.at(-1) ?? none;
}
