import type { Task } from '@fw/agents-core';
import type { Config } from './config.ts';

/**
 * The config that a run works with: its own models, policy and agents, but budgets and limits as they are now, so that
 * raising one lets a run go on. A present config that says nothing of models leaves the run's own. The task's limits
 * are the run's budget where they are tighter.
 */
export function withPresentLimits(own: Config, present: Config, task: Task): Config {
  const speaks = present.models !== undefined || present.providers !== undefined || present.budgets !== undefined;
  const budgets = tighten(speaks ? present.budgets : own.budgets, task);
  const models = Object.entries(own.models ?? {}).map(([alias, model]) => {
    const now = present.models?.[alias];
    const { limits: _limits, ...rest } = model;
    const limits = now ? now.limits : model.limits;
    return [alias, { ...rest, ...(limits && { limits }) }] as const;
  });
  const { budgets: _budgets, ...rest } = own;
  return { ...rest, ...(own.models && { models: Object.fromEntries(models) }), ...(budgets && { budgets }) };
}

/** A run that is part of no evaluation does not count against the budget of one. */
export function withOwnBudgets(config: Config, evaluation: string | undefined): Config {
  if (evaluation !== undefined || config.budgets?.evaluation === undefined) return config;
  const { evaluation: _evaluation, ...budgets } = config.budgets;
  return { ...config, budgets };
}

function tighten(budgets: Config['budgets'], { limits }: Task): Config['budgets'] {
  const tokens = least(budgets?.run?.tokens, limits?.tokens);
  const usd = least(budgets?.run?.usd, limits?.costNanoUsd === undefined ? undefined : limits.costNanoUsd / 1e9);
  return tokens === undefined && usd === undefined ? budgets : { ...budgets, run: { ...(tokens !== undefined && { tokens }), ...(usd !== undefined && { usd }) } };
}

function least(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? left ?? right : Math.min(left, right);
}
