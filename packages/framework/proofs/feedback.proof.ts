// npm run proof -- feedback: what the policy brings and costs on simulated workloads that it was not made on.
import { drawHarm, drawNoise, drawTurn, drawWorkload, simulate } from './simulate-workload.ts';
import type { Ranges, Simulated, Workload } from './simulate-workload.ts';

const workloads = Number(process.argv[2] ?? 40);
const maxLoss = 0.1;
const lengths = [200, 500, 1_000];

/** The algorithm's constants were chosen on the first of these with other seeds ("tune"); the others are other worlds. */
const worlds: { readonly [name: string]: Ranges } = {
  'as tuned, other seeds': { contexts: 4, options: 3, success: [0.7, 0.95], gap: [0.1, 0.35], costs: 6 },
  'large differences': { contexts: 3, options: 3, success: [0.6, 0.9], gap: [0.2, 0.5], costs: 3 },
  'small differences': { contexts: 4, options: 4, success: [0.6, 0.9], gap: [0.05, 0.2], costs: 10 },
  'most runs fail': { contexts: 5, options: 3, success: [0.3, 0.6], gap: [0.1, 0.3], costs: 4 },
};

const scenarios: { readonly [name: string]: { readonly says: string; draw(seed: string, ranges: Ranges): Workload; holds(means: Means, runs: number): boolean } } = {
  workload: { says: 'each context wants another option', draw: drawWorkload, holds: ({ chosen, bestFixed }, runs) => runs < 500 || chosen > bestFixed },
  noise: { says: 'no choice makes a difference', draw: drawNoise, holds: ({ chosen, fixed }) => Math.abs(chosen - fixed) <= 1e-9 },
  harm: { says: 'whatever else is tried is worse', draw: drawHarm, holds: ({ chosen, fixed }) => chosen >= (1 - maxLoss) * fixed },
  turn: { says: 'what was best is the worst from the middle on', draw: drawTurn, holds: ({ chosen, fixed }) => chosen >= (1 - maxLoss) * fixed },
};

type Means = Pick<Simulated, 'chosen' | 'fixed' | 'bestFixed' | 'best' | 'others'>;

let failed = 0;
console.log(`Mean value of a run, 0 to 1; ${String(workloads)} workloads a line, maxLoss ${String(maxLoss)}. "fixed": the configured choice; "best fixed": the best single choice in hindsight; "best": the best of each context, known from the start.`);
console.log('"beats": workloads in which the policy was worth more than the best fixed choice; "lost": the most that any workload lost against the configured choice, over all its runs.');
for (const [name, { says, draw, holds }] of Object.entries(scenarios)) {
  console.log(`\n${name}: ${says}`);
  console.log(['world'.padEnd(24), 'runs', 'policy', 'fixed', 'best fixed', 'best', 'other options', 'beats', 'lost'].join('  '));
  for (const [world, ranges] of Object.entries(worlds)) {
    for (const runs of lengths) {
      const played = Array.from({ length: workloads }, (_, index) => simulate(draw(`held out ${world} ${String(index)}`, ranges), { runs, maxLoss, seed: `held out ${String(index)}` }));
      const mean = (key: keyof Simulated): number => played.reduce((sum, one) => sum + one[key], 0) / played.length;
      const means: Means = { chosen: mean('chosen'), fixed: mean('fixed'), bestFixed: mean('bestFixed'), best: mean('best'), others: mean('others') };
      const beats = played.filter(({ chosen, bestFixed }) => chosen > bestFixed).length;
      const lost = Math.max(0, ...played.map(({ chosen, fixed }) => 1 - chosen / fixed));
      const isKept = holds(means, runs);
      if (!isKept) failed += 1;
      console.log([
        world.padEnd(24), String(runs).padStart(4), means.chosen.toFixed(3).padStart(6), means.fixed.toFixed(3).padStart(5), means.bestFixed.toFixed(3).padStart(10), means.best.toFixed(3).padStart(4),
        `${(means.others * 100).toFixed(0)} %`.padStart(13), `${((beats / workloads) * 100).toFixed(0)} %`.padStart(5), `${(lost * 100).toFixed(1)} %`.padStart(6), ...(isKept ? [] : ['FAILED']),
      ].join('  '));
    }
  }
}
console.log(failed === 0 ? '\nEvery line holds: better than the best fixed choice from 500 runs on, nothing lost on noise, and on average never more than maxLoss.' : `\n${String(failed)} lines do not hold.`);
process.exitCode = failed === 0 ? 0 : 1;
