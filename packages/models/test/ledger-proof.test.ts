import { expect, test } from 'vitest';
import { proveLedger } from '../proofs/prove-ledger.ts';

test.each([1, 2])('concurrent calls with aborts and kills under many caps: the bill never exceeds a cap, and bill ≤ booked ≤ reserved (seed %i)', async (seed) => {
  const proof = await proveLedger({ calls: 200, seed, processes: 2 });
  expect(proof).toMatchObject({ overspentRuns: 0, wrongCalls: 0, outOfBounds: 0 });
  expect(proof.exact).toBeGreaterThan(0);
  expect(proof.sent).toBeGreaterThan(20);
});
