import { noUsage } from '@fw/models';
import { expect, test } from 'vitest';
import { readLimitUse } from '../../src/inspection/limit-use.ts';
import type { RunReceipt } from '../../src/inspection/receipts.ts';

const receipt = (startedAt: number, tokens: number, more: Partial<RunReceipt> = {}): RunReceipt => ({
  id: String(startedAt), model: 'a/m@1', run: 'r', seq: 1, state: 's', visit: 1, agent: 'developer', startedAt, durationMs: 0, usage: { ...noUsage, inputTokens: tokens }, ...more,
});
const task = { specVersion: 1, id: 'r', goal: 'g' } as const;

test('a budget is counted over the run, the limit of a model over the busiest minute', () => {
  const config = { budgets: { run: { tokens: 100, usd: 2 } }, models: { coder: { use: 'a/m', limits: { requestsPerMinute: 2, tokensPerMinute: 40, concurrency: 1 } } } };
  const uses = readLimitUse([receipt(0, 10), receipt(30_000, 20), receipt(61_000, 5), receipt(62_000, 50, { model: 'b/other' }), receipt(63_000, 9, { sent: false })], config, task);
  expect(uses.map(({ name, limit, used, isLeast }) => ({ name, limit, used, isLeast }))).toEqual([
    { name: 'run tokens', limit: 100, used: 85, isLeast: false },
    { name: 'run cost', limit: 2e9, used: 0, isLeast: false },
    { name: 'coder requestsPerMinute', limit: 2, used: 2, isLeast: false },
    { name: 'coder tokensPerMinute', limit: 40, used: 30, isLeast: false },
  ]);
});

test('the limits of the task count where they are tighter, and a cost that is not known is said to be at least', () => {
  const uses = readLimitUse([receipt(0, 1, { usage: { ...noUsage, costNanoUsd: 'unknown' } })], { budgets: { run: { usd: 2 } } }, { ...task, limits: { costNanoUsd: 1e9 } });
  expect(uses).toMatchObject([{ name: 'run cost', limit: 1e9, used: 0, isLeast: true }]);
});
