import { describe, expect, it } from 'vitest';
import { pageRank } from '../../src/map/page-rank.ts';

const edge = (from: number, to: number, weight = 1): { readonly from: number; readonly to: number; readonly weight: number } => ({ from, to, weight });

describe('pageRank', () => {
  it('gives the ranks that a small graph has by hand', () => {
    // a = 0.05 + 0.85 c, b = 0.05 + 0.85 a / 2, c = 0.05 + 0.85 (a / 2 + b)
    const [a, b, c] = pageRank({ size: 3, edges: [edge(0, 1), edge(0, 2), edge(1, 2), edge(2, 0)] });
    expect(a).toBeCloseTo(0.387_789_71, 8);
    expect(b).toBeCloseTo(0.214_810_63, 8);
    expect(c).toBeCloseTo(0.397_399_66, 8);
  });

  it('begins where it is told to, and goes back there from a node that leads nowhere', () => {
    // a = 0.15 + 0.85 b, b = 0.85 a, so a = 0.15 / (1 − 0.85²)
    const ranks = pageRank({ size: 3, edges: [edge(0, 1)], personalisation: [2, 0, 0] });
    expect(ranks[0]).toBeCloseTo(0.15 / (1 - 0.85 ** 2), 8);
    expect(ranks[1]).toBeCloseTo((0.85 * 0.15) / (1 - 0.85 ** 2), 8);
    expect(ranks[2]).toBe(0);
  });

  it('divides what a node gives by the weights of its edges', () => {
    // Of node 0's rank three quarters go to node 1; both give theirs back.
    const [, one = 0, two = 0] = pageRank({ size: 3, edges: [edge(0, 1, 2), edge(0, 1), edge(0, 2), edge(1, 0), edge(2, 0)], personalisation: [1, 0, 0] });
    expect(one / two).toBeCloseTo(3, 8);
  });

  it('adds up to one, and has nothing to rank without nodes', () => {
    const ranks = pageRank({ size: 40, edges: Array.from({ length: 200 }, (_, index) => edge((index * 7) % 40, (index * index) % 40, 1 + (index % 3))) });
    expect(ranks.reduce((sum, rank) => sum + rank, 0)).toBeCloseTo(1, 8);
    expect(pageRank({ size: 0, edges: [] })).toHaveLength(0);
  });
});
