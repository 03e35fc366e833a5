import { runTrial, runUndisturbed } from './kill-trial.ts';
import type { KillPoint } from './kill-trial.ts';

/** Kills a run before and after every effect and after every commit, with 1, 2 and 4 resumers. */
const began = Date.now();
const undisturbed = await runUndisturbed();
const upTo = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);
const points: readonly KillPoint[] = [
  ...upTo(undisturbed.effects).flatMap((count) => [{ place: 'before', count }, { place: 'after', count }] as const),
  ...upTo(undisturbed.commits).map((count) => ({ place: 'commit', count }) as const),
];
let failed = 0;
for (const point of points) {
  for (const resumers of [1, 2, 4]) {
    const problems = await runTrial(point, resumers, undisturbed);
    if (problems.length === 0) continue;
    failed++;
    console.log(`${point.place} ${point.count}, ${resumers} resumers: ${problems.join('; ')}`);
  }
}
console.log(`${points.length * 3} trials (${undisturbed.effects} effects, ${undisturbed.commits} commits; 1, 2 and 4 resumers), ${failed} failed, ${Math.round((Date.now() - began) / 1000)} s`);
process.exitCode = failed > 0 ? 1 : 0;
