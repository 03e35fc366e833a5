import type { Sample } from './sample.ts';
import { bootstrapMean, signFlipTest } from './statistics.ts';
import type { Rate } from './statistics.ts';

/** Two configurations on the same tasks, run by run. */
export interface Comparison {
  readonly arms: readonly [string, string];
  /** Tasks that both have runs of; of each, as many runs as both have. */
  readonly tasks: number;
  readonly pairs: number;
  /** Pairs that only the one solved. */
  readonly only: readonly [number, number];
  /** Mean over tasks of the first one's rate less the second one's, with the interval of a paired bootstrap over tasks. */
  readonly difference: Rate | null;
  /** Of the exact test over tasks: McNemar's with one run each, else that of flipped signs. */
  readonly p: number | null;
  /** A difference is shown when the interval is without 0 and p is below 0.05: few tasks can make the one true by chance. */
  readonly conclusion: 'no difference shown' | 'the first solves more' | 'the second solves more';
}

export function compareArms([first, second]: readonly [string, string], samples: readonly Sample[]): Comparison {
  const byTask = Object.values(Object.groupBy(samples, (sample) => sample.task)).map((all = []) => pairsOf(all, first, second)).filter((pairs) => pairs.length > 0);
  const sums = byTask.map((pairs) => pairs.reduce((sum, [one, other]) => sum + Number(one) - Number(other), 0));
  const pairs = byTask.flat();
  const difference = bootstrapMean(sums.map((sum, at) => sum / byTask[at]!.length));
  const p = byTask.length === 0 ? null : signFlipTest(sums);
  const isShown = difference !== null && p !== null && p < 0.05 && (difference.low > 0 || difference.high < 0);
  return {
    arms: [first, second], tasks: byTask.length, pairs: pairs.length,
    only: [pairs.filter(([one, other]) => one && !other).length, pairs.filter(([one, other]) => !one && other).length],
    difference, p,
    conclusion: !isShown ? 'no difference shown' : difference.value > 0 ? 'the first solves more' : 'the second solves more',
  };
}

function pairsOf(samples: readonly Sample[], first: string, second: string): readonly (readonly [boolean, boolean])[] {
  return samples.filter((sample) => sample.arm === first).flatMap((one) => {
    const other = samples.find((sample) => sample.arm === second && sample.repeat === one.repeat);
    return other === undefined ? [] : [[one.solved, other.solved] as const];
  });
}
