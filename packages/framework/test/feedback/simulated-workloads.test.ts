import { describe, expect, it } from 'vitest';
import { drawHarm, drawNoise, drawTurn, drawWorkload, simulate } from '../../proofs/simulate-workload.ts';
import type { Simulated, Workload } from '../../proofs/simulate-workload.ts';

/** Neither these seeds nor these ranges were looked at while the algorithm was made; docs/proofs/feedback.md has many more of them. */
const ranges = { contexts: 3, options: 3, success: [0.6, 0.9], gap: [0.2, 0.5], costs: 3 } as const;
const play = (draw: (seed: string, given: typeof ranges) => Workload): Simulated => {
  const played = Array.from({ length: 6 }, (_, index) => simulate(draw(`floor ${String(index)}`, ranges), { runs: 300, maxLoss: 0.1, seed: `floor ${String(index)}` }));
  const mean = (key: keyof Simulated): number => played.reduce((sum, one) => sum + one[key], 0) / played.length;
  return { chosen: mean('chosen'), fixed: mean('fixed'), bestFixed: mean('bestFixed'), best: mean('best'), others: mean('others'), worst: Math.max(...played.map(({ worst }) => worst)) };
};

describe('on simulated workloads the policy', () => {
  it('beats the best single choice where each context wants another one', () => {
    const { chosen, bestFixed, best } = play(drawWorkload);
    expect(chosen).toBeGreaterThan(bestFixed);
    expect(chosen).toBeGreaterThan(0.9 * best);
  });

  it('does no harm where nothing makes a difference', () => {
    const { chosen, fixed } = play(drawNoise);
    expect(Math.abs(chosen - fixed)).toBeLessThan(1e-9);
  });

  it('loses no more than it may where everything else is worse', () => {
    const { chosen, fixed, others } = play(drawHarm);
    expect(chosen).toBeGreaterThan(0.9 * fixed);
    expect(others).toBeLessThan(0.2);
  });

  it('turns back when what was best becomes the worst', () => {
    const { chosen, fixed } = play(drawTurn);
    expect(chosen).toBeGreaterThan(0.9 * fixed);
  });
});
