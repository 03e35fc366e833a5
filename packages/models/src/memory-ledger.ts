import { bookIn, emptyBalance, refusalOf, reserveIn } from './budget-balance.ts';
import type { BudgetBalance } from './budget-balance.ts';
import type { Ledger, Reservation } from './ledger.ts';
import type { CallScope } from './model.ts';
import { scopeKey } from './scope-key.ts';
import { addUsage, noUsage } from './usage.ts';
import type { Usage } from './usage.ts';

/** Budgets of single calls are many and short-lived: those that nobody uses are forgotten beyond this number. */
const maxCallBudgets = 10_000;

/** Books in memory: one total for each distinct scope, one balance for each budget. They end with the process. */
export function memoryLedger(): Ledger {
  const totals = new Map<string, { readonly scope: CallScope; usage: Usage }>();
  const balances = new Map<string, BudgetBalance>();
  const callBudgets = new Set<string>();
  const open = new Map<string, Reservation>();

  const keep = (reservation: Reservation, change: (balance: BudgetBalance) => BudgetBalance): void => {
    for (const { name, key } of reservation.budgets) {
      balances.set(key, change(balances.get(key) ?? emptyBalance));
      if (name === 'call') forgetOldest(key);
    }
  };
  const forgetOldest = (key: string): void => {
    callBudgets.delete(key);
    callBudgets.add(key);
    if (callBudgets.size <= maxCallBudgets) return;
    for (const oldest of callBudgets) {
      if (balances.get(oldest)?.reservedTokens !== 0) continue;
      callBudgets.delete(oldest);
      balances.delete(oldest);
      return;
    }
  };
  const book = (scope: CallScope, usage: Usage): void => {
    const key = scopeKey(scope);
    const total = totals.get(key);
    if (total === undefined) totals.set(key, { scope: { ...scope }, usage });
    else total.usage = addUsage(total.usage, usage);
  };

  return {
    specVersion: 1,
    async reserve(reservation) {
      for (const node of reservation.budgets) {
        const refusal = refusalOf(node, balances.get(node.key) ?? emptyBalance, reservation.bound);
        if (refusal !== undefined) return { status: 'refused', refusal };
      }
      open.set(reservation.id, reservation);
      keep(reservation, (balance) => reserveIn(balance, reservation.bound, 1));
      return { status: 'reserved' };
    },
    async settle(reservationId, lines) {
      const reservation = open.get(reservationId);
      if (reservation === undefined) return;
      open.delete(reservationId);
      keep(reservation, (balance) => lines.reduce((sum, line) => bookIn(sum, line.usage), reserveIn(balance, reservation.bound, -1)));
      for (const line of lines) book(line.scope, line.usage);
    },
    usage(scope = {}) {
      const wanted = Object.entries(scope).filter(([, value]) => value !== undefined);
      let sum = noUsage;
      for (const total of totals.values()) {
        if (wanted.every(([name, value]) => total.scope[name] === value)) sum = addUsage(sum, total.usage);
      }
      return sum;
    },
  };
}
