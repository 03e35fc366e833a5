import type { CallScope } from './model.ts';
import type { Attempt } from './receipt.ts';
import type { Usage } from './usage.ts';

/**
 * The books: what is set aside before a request is sent, and what it used. No budget is ever exceeded, because a
 * reservation is an upper bound and is refused as a whole when it does not fit.
 */
export interface Ledger {
  readonly specVersion: 1;
  /** Sets the bound aside in every budget of the reservation, or in none. */
  reserve(reservation: Reservation): Promise<ReserveAnswer>;
  /** Gives the reservation back and books what was used. The second time for the same reservation changes nothing. */
  settle(reservationId: string, lines: readonly LedgerLine[]): Promise<void>;
  /** What was booked under all scopes that hold every given name with the given value. */
  usage(scope?: CallScope): Usage;
}

/** What one request may use at most. */
export interface Reservation {
  readonly id: string;
  readonly model: string;
  readonly scope: CallScope;
  readonly bound: Usage;
  readonly budgets: readonly BudgetNode[];
}

/** One budget that a request counts against. */
export interface BudgetNode {
  /** As configured: `run`, `agent`, `call` or another name of a scope. */
  readonly name: string;
  /** What tells it from other budgets of that name. */
  readonly key: string;
  readonly limitNanoUsd?: number;
  readonly limitTokens?: number;
}

export type ReserveAnswer = { readonly status: 'reserved' } | { readonly status: 'refused'; readonly refusal: BudgetRefusal };

/** The first budget that the bound did not fit into; nano-USD or tokens. */
export interface BudgetRefusal {
  readonly budget: string;
  readonly unit: 'nanoUsd' | 'tokens';
  readonly limit: number;
  readonly used: number;
  /** Set aside for requests that are under way. */
  readonly reserved: number;
  readonly asked: number;
}

/** An attempt as it is booked. */
export interface LedgerLine {
  /** The id of the attempt, as in receipts. */
  readonly id: string;
  readonly model: string;
  readonly scope: CallScope;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly usage: Usage;
  readonly failure?: NonNullable<Attempt['failure']>['kind'];
}
