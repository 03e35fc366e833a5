import { expect, test } from 'vitest';
import type { Task } from '@fw/framework';
import { withPresentLimits } from '../src/run-limits.ts';

const task: Task = { specVersion: 1, id: 't', goal: 'x' };
const own = { models: { coder: { use: 'openai/a', limits: { concurrency: 1 } } }, budgets: { run: { tokens: 10 } } };

test('a raised budget and changed limits count for a run that was begun before; its models do not change', () => {
  const present = { models: { coder: { use: 'openai/b', limits: { concurrency: 8 } } }, budgets: { run: { tokens: 100 } } };
  expect(withPresentLimits(own, present, task)).toEqual({ models: { coder: { use: 'openai/a', limits: { concurrency: 8 } } }, budgets: { run: { tokens: 100 } } });
});

test('a budget that was taken out of the config is gone', () => {
  expect(withPresentLimits(own, { models: { coder: { use: 'openai/a' } } }, task)).toEqual({ models: { coder: { use: 'openai/a' } } });
});

test('a config that says nothing of models leaves what the run was begun with', () => {
  expect(withPresentLimits(own, {}, task)).toEqual(own);
});

test('the limits of a task tighten the budget of its run', () => {
  const limited: Task = { ...task, limits: { tokens: 5, costNanoUsd: 2_000_000_000 } };
  expect(withPresentLimits(own, {}, limited).budgets).toEqual({ run: { tokens: 5, usd: 2 } });
  expect(withPresentLimits({}, {}, limited).budgets).toEqual({ run: { tokens: 5, usd: 2 } });
});
