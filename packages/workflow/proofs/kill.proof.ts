import { runTrial, runUndisturbed } from '../src/conformance/crash-trial.ts';
import type { KillPoint } from '../src/conformance/crash-trial.ts';

/** Kills a run before and after every effect and after every commit, with 1, 2 and 8 resumers. */
const began = Date.now();
const site = new URL('sqlite-site.ts', import.meta.url);
const undisturbed = await runUndisturbed(site);
const upTo = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);
const points: readonly KillPoint[] = [
  ...upTo(undisturbed.effects).flatMap((count) => [{ place: 'before', count }, { place: 'after', count }] as const),
  ...upTo(undisturbed.commits).map((count) => ({ place: 'commit', count }) as const),
];
let failed = 0;
for (const point of points) {
  for (const resumers of [1, 2, 8]) {
    const problems = await runTrial(site, point, resumers, undisturbed);
    if (problems.length === 0) continue;
    failed++;
    console.log(`${point.place} ${point.count}, ${resumers} resumers: ${problems.join('; ')}`);
  }
}
console.log(`${points.length * 3} trials (${undisturbed.effects} effects, ${undisturbed.commits} commits; 1, 2 and 8 resumers), ${failed} failed, ${Math.round((Date.now() - began) / 1000)} s`);
process.exitCode = failed > 0 ? 1 : 0;
