import { beforeAll, describe, expect, test } from 'vitest';
import { runTrial, runUndisturbed } from '../proofs/kill-trial.ts';
import type { Undisturbed } from '../proofs/kill-trial.ts';

// proofs/kill.proof.ts does all of them; this is a sample that takes every kind of place and every number of resumers.
describe('a run killed with SIGKILL is continued by one process, repeats nothing that finished and has the same projection', { timeout: 30_000 }, () => {
  let undisturbed: Undisturbed;
  beforeAll(async () => {
    undisturbed = await runUndisturbed();
  }, 30_000);

  test.for([
    ['before', 0.4, 2], ['before', 0.9, 1],
    ['after', 0.1, 1], ['after', 0.5, 4], ['after', 1, 2],
    ['commit', 0, 2], ['commit', 0.45, 4], ['commit', 0.95, 2], ['commit', 1, 1],
  ] as const)('%s, at %d of the run, with %d resumers', async ([place, part, resumers]) => {
    const last = place === 'commit' ? undisturbed.commits : undisturbed.effects;
    expect(await runTrial({ place, count: 1 + Math.round(part * (last - 1)) }, resumers, undisturbed)).toEqual([]);
  });
});
