import { beforeAll, describe, expect, test } from 'vitest';
import { runTrial, runUndisturbed } from './crash-trial.ts';
import type { KillPoint, Undisturbed } from './crash-trial.ts';

/**
 * Vitest tests with real processes that die by SIGKILL: before and after effects, and after commits where the engine tells of
 * them. One of the processes that resume the run continues it, nothing finished runs again, and the projection is the undisturbed one's.
 * `site` is a module whose default export is an `OpenCrashSite`.
 */
export function testEngineCrashes(name: string, site: URL): void {
  describe(`engine ${name}, killed`, { timeout: 60_000 }, () => {
    let undisturbed: Undisturbed;
    beforeAll(async () => {
      undisturbed = await runUndisturbed(site);
    }, 60_000);

    test.for([
      ['before', 0.4, 2], ['before', 0.9, 1],
      ['after', 0.1, 1], ['after', 0.5, 8], ['after', 1, 2],
      ['commit', 0, 2], ['commit', 0.45, 4], ['commit', 0.95, 2], ['commit', 1, 1],
    ] as const)('%s, at %d of the run, with %d resumers', async ([place, part, resumers], { skip }) => {
      const last = place === 'commit' ? undisturbed.commits : undisturbed.effects;
      skip(last === 0, 'this engine does not tell of its commits');
      const point: KillPoint = { place, count: 1 + Math.round(part * (last - 1)) };
      expect(await runTrial(site, point, resumers, undisturbed)).toEqual([]);
    });
  });
}
