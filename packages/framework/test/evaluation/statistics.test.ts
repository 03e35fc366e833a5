import { describe, expect, it } from 'vitest';
import { bootstrapMean, clusteredRate, signFlipTest, wilson } from '@fw/framework/evaluation';

describe('wilson', () => {
  it.each([
    [3, 5, 0.6, 0.2307, 0.8824],
    [10, 10, 1, 0.7225, 1],
    [0, 10, 0, 0, 0.2775],
    [81, 263, 0.308, 0.2553, 0.3662],
  ])('gives the published interval of %d in %d', (successes, total, value, low, high) => {
    const rate = wilson(successes, total)!;
    expect(rate.value).toBeCloseTo(value, 3);
    expect(rate.low).toBeCloseTo(low, 4);
    expect(rate.high).toBeCloseTo(high, 4);
  });

  it('knows nothing of nothing', () => {
    expect(wilson(0, 0)).toBeNull();
  });
});

describe('clusteredRate', () => {
  const tasks = (count: number, solved: number, runs: number): { readonly solved: number; readonly runs: number }[] => Array.from({ length: count }, () => ({ solved, runs }));

  it('is Wilson\'s interval for one run of each task', () => {
    expect(clusteredRate([...tasks(7, 1, 1), ...tasks(3, 0, 1)])).toEqual(wilson(7, 10));
  });

  it('takes runs that always end as the others of their task for one', () => {
    expect(clusteredRate([...tasks(5, 5, 5), ...tasks(5, 0, 5)])).toEqual(wilson(5, 10));
  });

  it('takes runs that differ within their task as they would between tasks for many', () => {
    expect(clusteredRate(tasks(10, 2, 4))).toEqual(wilson(20, 40));
  });

  it('does not get narrower by repeating what always succeeds', () => {
    expect(clusteredRate(tasks(10, 20, 20))).toEqual(wilson(10, 10));
  });

  it('lies between both for runs that are somewhat alike', () => {
    const { value, low, high } = clusteredRate([...tasks(4, 4, 5), ...tasks(3, 3, 5), ...tasks(3, 0, 5)])!;
    expect(value).toBeCloseTo(0.5);
    expect(high - low).toBeLessThan(wilson(5, 10)!.high - wilson(5, 10)!.low);
    expect(high - low).toBeGreaterThan(wilson(25, 50)!.high - wilson(25, 50)!.low);
  });

  it('leaves out tasks without a run', () => {
    expect(clusteredRate([{ solved: 0, runs: 0 }, { solved: 1, runs: 1 }])).toEqual(wilson(1, 1));
    expect(clusteredRate([])).toBeNull();
  });
});

describe('signFlipTest', () => {
  const pairs = (first: number, second: number, same = 0): readonly number[] => [...Array<number>(first).fill(1), ...Array<number>(second).fill(-1), ...Array<number>(same).fill(0)];

  it.each([
    [5, 0, 0.0625],
    [6, 0, 0.03125],
    [8, 1, 0.0390625],
    [1, 8, 0.0390625],
    [3, 3, 1],
    [0, 0, 1],
  ])('is McNemar\'s exact test for one run a task: %d against %d', (first, second, p) => {
    expect(signFlipTest(pairs(first, second, 20))).toBeCloseTo(p, 10);
  });

  it('counts every way in which signs can fall for several runs', () => {
    // ±3±2±1 gives 6, 4, 2, 0, 0, -2, -4 and -6.
    expect(signFlipTest([3, 2, 1])).toBeCloseTo(2 / 8, 10);
    expect(signFlipTest([3, -2, 1])).toBeCloseTo(6 / 8, 10);
  });

  it('is quick for a thousand tasks', () => {
    expect(signFlipTest(pairs(600, 400))).toBeLessThan(1e-6);
  });
});

describe('bootstrapMean', () => {
  it('gives the same interval each time, around the mean', () => {
    const differences = [1, 0, 0, 1, -1, 0, 1, 1, 0, 0];
    const once = bootstrapMean(differences)!;
    expect(bootstrapMean(differences)).toEqual(once);
    expect(once.value).toBeCloseTo(0.3);
    expect(once.low).toBeLessThan(0.3);
    expect(once.high).toBeGreaterThan(0.3);
    // About the normal interval of the same mean: 0.3 ± 1.96 × 0.67 / √10.
    expect(once.low).toBeCloseTo(-0.1, 1);
    expect(once.high).toBeCloseTo(0.7, 1);
  });

  it('knows nothing of nothing', () => {
    expect(bootstrapMean([])).toBeNull();
  });
});
