import type { Attempt } from '@fw/models';
import { attemptsIn } from '../run-projection.ts';
import type { PlacedEntry } from '../run-projection.ts';

/** One request to a model with the place in the run that it was made for. */
export interface RunReceipt extends Attempt {
  readonly run: string;
  /** Of the entry of its call. */
  readonly seq: number;
  readonly state: string;
  readonly visit: number;
  readonly agent: string;
}

/** Every request of a run, in the order of its journal, as the receipts of its calls have it. */
export function readReceipts(entries: readonly PlacedEntry[]): readonly RunReceipt[] {
  return entries.flatMap((placed) => attemptsIn(placed).map((attempt) => ({
    ...attempt, run: placed.entry.run, seq: placed.entry.seq, state: placed.state, visit: placed.visit, agent: placed.agent,
  })));
}
