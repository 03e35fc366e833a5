import { describe, expect, it } from 'vitest';
import { choose, controlEvery, leastFixedRuns } from '../../src/feedback/choose.ts';
import type { ChooseOptions, Observation } from '../../src/feedback/choose.ts';

const runs = (option: string, values: readonly number[]): readonly Observation[] => values.map((value) => ({ option, value }));
const times = (count: number, value: number): readonly number[] => Array.from({ length: count }, () => value);
const ask = (observations: readonly Observation[], more: Partial<ChooseOptions> = {}): ReturnType<typeof choose> =>
  choose({ fixed: 'a', options: ['a', 'b'], observations, elsewhere: [], maxLoss: 0.1, seed: 'seed', ...more });
const seeds = Array.from({ length: 200 }, (_, index) => String(index));
const chosen = (observations: readonly Observation[], more: Partial<ChooseOptions> = {}): ReadonlySet<string> => new Set(seeds.map((seed) => ask(observations, { ...more, seed }).option));

describe('choose', () => {
  it('takes the fixed choice until it is known, and where there is nothing else', () => {
    expect(ask(runs('a', times(leastFixedRuns - 1, 1)))).toMatchObject({ option: 'a', reason: 'observing' });
    expect(ask(runs('a', times(50, 0)), { options: ['a'] })).toMatchObject({ option: 'a', reason: 'only-option' });
  });

  it('gives the same for the same arguments, with every number that it follows from', () => {
    const observations = [...runs('a', times(20, 0.5)), ...runs('b', times(15, 0.7))];
    expect(ask(observations)).toEqual(ask(observations));
    expect(ask(observations)).toMatchObject({ option: 'b', reason: 'best', numbers: [{ option: 'a', runs: 20, mean: 0.5 }, { option: 'b', runs: 15, mean: 0.7 }] });
  });

  it('tries another option only when even its failure would cost no more than is allowed', () => {
    expect(chosen(runs('a', times(10, 0.5)), { maxLoss: 0 })).toEqual(new Set(['a']));
    expect(chosen(runs('a', times(20, 0.5)), { maxLoss: 0.1 })).toEqual(new Set(['a', 'b']));
    expect(chosen(runs('a', times(20, 0.5)), { maxLoss: 0.1, underWay: 2 })).toEqual(new Set(['a']));
    expect(ask(runs('a', times(10, 0.5)), { maxLoss: 0, seed: '1' }).margin).toBeLessThan(0);
  });

  it('keeps one run in so many with the fixed choice, whatever else does better', () => {
    const observations = [...runs('a', times(20, 0.2)), ...runs('b', times(controlEvery - 1, 0.9))];
    expect(chosen(observations.slice(0, -1))).toEqual(new Set(['b']));
    expect(ask(observations)).toMatchObject({ option: 'a', reason: 'control' });
  });

  it('rolls an option back that does worse, for longer each time, and gives it another chance', () => {
    const worse = [...runs('a', times(60, 0.8)), ...runs('b', times(8, 0.1))];
    expect(ask(worse, { maxLoss: 0.5 })).toMatchObject({ option: 'a', reason: 'resting', numbers: [{ option: 'a' }, { option: 'b', runs: 0, restsFor: 60 }] });
    const rested = [...worse, ...runs('a', times(60, 0.8))];
    expect(chosen(rested, { maxLoss: 0.5 })).toEqual(new Set(['a', 'b']));
    expect(ask([...rested, ...runs('b', times(8, 0.1))], { maxLoss: 0.5 }).numbers[1]).toMatchObject({ restsFor: 120 });
  });

  it('believes what other contexts say, until this one says otherwise', () => {
    const elsewhere = [...runs('a', times(50, 0.5)), ...runs('b', times(50, 0.95))];
    const count = (observations: readonly Observation[]): number => seeds.filter((seed) => ask(observations, { elsewhere, seed, maxLoss: 0.5 }).option === 'b').length;
    expect(count(runs('a', times(30, 0.5)))).toBeGreaterThan(180);
    expect(count([...runs('a', times(30, 0.5)), ...runs('b', times(7, 0.3))])).toBeLessThan(120);
  });
});
