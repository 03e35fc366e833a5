export { sqliteLedger } from './sqlite/ledger.ts';
export type { SqliteLedger, SqliteLedgerOptions } from './sqlite/ledger.ts';
export { sqliteLimitStore } from './sqlite/limit-store.ts';
export type { SqliteLimitStore } from './sqlite/limit-store.ts';
export type { BudgetNode, BudgetRefusal, Ledger, LedgerLine, Reservation, ReserveAnswer } from './ledger.ts';
export type { BucketDemand, LimitAnswer, LimitDemand, LimitSettlement, LimitStore } from './limit-store.ts';
export type { CallScope } from './model.ts';
export type { FailureKind } from './model-error.ts';
export type { Usage } from './usage.ts';
