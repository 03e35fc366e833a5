import { expect, test } from 'vitest';
import { proveLedger } from '../proofs/prove-ledger.ts';

test.each([1, 2])('concurrent calls with aborts and kills under many caps: the bill never exceeds a cap, and bill ≤ booked ≤ reserved (seed %i)', async (seed) => {
  const proof = await proveLedger({ calls: 300, seed });
  expect(proof).toMatchObject({ overspentRuns: 0, wrongLines: 0, outOfBounds: 0 });
  for (const count of [proof.sent, proof.refused, proof.aborted]) expect(count).toBeGreaterThan(0);
});
