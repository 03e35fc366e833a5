import type { BudgetNode, BudgetRefusal } from './ledger.ts';
import type { Usage } from './usage.ts';

/** What one budget has given out. */
export interface BudgetBalance {
  readonly usedNanoUsd: number;
  readonly usedTokens: number;
  readonly reservedNanoUsd: number;
  readonly reservedTokens: number;
}

export const emptyBalance: BudgetBalance = { usedNanoUsd: 0, usedTokens: 0, reservedNanoUsd: 0, reservedTokens: 0 };

/** Why the bound does not fit, or undefined when it does. A cost that nobody knows fits no budget of money. */
export function refusalOf(node: BudgetNode, balance: BudgetBalance, bound: Usage): BudgetRefusal | undefined {
  const check = (unit: BudgetRefusal['unit'], limit: number | undefined, used: number, reserved: number, asked: number): BudgetRefusal | undefined =>
    limit === undefined || used + reserved + asked <= limit ? undefined : { budget: node.name, unit, limit, used, reserved, asked };
  const cost = bound.costNanoUsd === 'unknown' ? Infinity : bound.costNanoUsd;
  return (
    check('nanoUsd', node.limitNanoUsd, balance.usedNanoUsd, balance.reservedNanoUsd, cost) ??
    check('tokens', node.limitTokens, balance.usedTokens, balance.reservedTokens, tokensOf(bound))
  );
}

/** The balance with a bound set aside (`1`) or given back (`-1`). */
export function reserveIn(balance: BudgetBalance, bound: Usage, sign: 1 | -1): BudgetBalance {
  return { ...balance, reservedNanoUsd: balance.reservedNanoUsd + sign * costIn(bound), reservedTokens: balance.reservedTokens + sign * tokensOf(bound) };
}

/** The balance with what was used. */
export function bookIn(balance: BudgetBalance, usage: Usage): BudgetBalance {
  return { ...balance, usedNanoUsd: balance.usedNanoUsd + costIn(usage), usedTokens: balance.usedTokens + tokensOf(usage) };
}

function costIn(usage: Usage): number {
  return usage.costNanoUsd === 'unknown' ? 0 : usage.costNanoUsd;
}

function tokensOf(usage: Usage): number {
  return usage.inputTokens + usage.outputTokens;
}
