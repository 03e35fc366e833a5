import type { BudgetNode } from './ledger.ts';
import type { CallScope } from './model.ts';
import type { ModelBudget } from './registry-config.ts';

/**
 * The budgets that a call counts against. `run` is one for each run, `agent` one for each agent in a run, `call` one
 * for each call with all its attempts, any other name one for each value of that name in the scope. Calls that do not
 * name a value share one budget.
 */
export function budgetNodes(budgets: { readonly [name: string]: ModelBudget }, scope: CallScope, callKey: string): readonly BudgetNode[] {
  return Object.entries(budgets).map(([name, { usd, tokens }]) => ({
    name,
    key: JSON.stringify([name, ...valuesOf(name, scope, callKey)]),
    // Rounded down: a budget is never taken for larger than it was written.
    ...(usd === undefined ? {} : { limitNanoUsd: Math.floor(usd * 1e9) }),
    ...(tokens === undefined ? {} : { limitTokens: tokens }),
  }));
}

function valuesOf(name: string, scope: CallScope, callKey: string): readonly string[] {
  if (name === 'call') return [callKey];
  if (name === 'agent') return [scope.run ?? '', scope.agent ?? ''];
  return [scope[name] ?? ''];
}
