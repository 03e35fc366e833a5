import { readPositions } from './positions.ts';
import type { Positions } from './positions.ts';

/**
 * How the time of a backtracking match grows with the text. `restart`: only because the engine begins anew at each
 * character, as with `/\s+$/`.
 */
export interface ExpressionJudgement {
  readonly status: 'linear' | 'restart' | 'polynomial' | 'exponential';
  /** What an attacker would repeat. */
  readonly pump: string;
}

const linear: ExpressionJudgement = { status: 'linear', pump: '' };
const maxSteps = 150_000;
const known = new Map<string, ExpressionJudgement>();

/**
 * Looks for one text that the expression can read in two ways and go on: the number of ways doubles with each repetition
 * (exponential), or grows with it (polynomial), when no way leads to a match in the end. Look-arounds and back-references
 * are not followed.
 */
export function judgeExpression(source: string, flags: string): ExpressionJudgement {
  const key = `${flags}/${source}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size > 5_000) known.clear();
  const judged = /[*+]|\{\d*,\}/.test(source) ? judgePositions(readPositions(source, flags)) : linear;
  known.set(key, judged);
  return judged;
}

function judgePositions(positions: Positions | undefined): ExpressionJudgement {
  if (positions === undefined) return linear;
  const looping = loops(positions);
  const budget = { steps: 0 };
  for (const position of looping) {
    const word = doubles(positions, position, budget);
    if (word !== undefined && canFail(positions, position, word)) return { status: 'exponential', pump: text(positions, word) };
  }
  for (const first of looping) {
    for (const second of looping) {
      if (first === second) continue;
      const word = divides(positions, first, second, budget);
      if (word !== undefined && canFail(positions, first, word)) return { status: 'polynomial', pump: text(positions, word) };
    }
  }
  if (positions.isAnchored) return linear;
  const begin = positions.takes.length;
  for (const second of looping) {
    const word = divides(withRestart(positions), begin, second, budget);
    if (word !== undefined && canFail(positions, begin, word)) return { status: 'restart', pump: text(positions, word) };
  }
  return linear;
}

function text(positions: Positions, word: readonly number[]): string {
  return word.map((letter) => positions.letters[letter] ?? '').join('');
}

/** Positions that can be reached again from themselves. */
function loops({ follows }: Positions): readonly number[] {
  return follows.slice(0, -1).flatMap((_, position) => {
    const seen = new Set<number>();
    const pending = [...(follows[position]?.keys() ?? [])];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === position) return [position];
      if (seen.has(next)) continue;
      seen.add(next);
      pending.push(...(follows[next]?.keys() ?? []));
    }
    return [];
  });
}

/** A word by which a position comes back to itself in two different ways. */
function doubles(positions: Positions, start: number, budget: { steps: number }): readonly number[] | undefined {
  return search(positions, [start, start], budget, ([left, right], hasParted) => hasParted && left === start && right === start);
}

/** A word that keeps one position, keeps another, and leads from the first to the second. */
function divides(positions: Positions, first: number, second: number, budget: { steps: number }): readonly number[] | undefined {
  return search(positions, [first, first, second], budget, ([left, middle, right]) => left === first && middle === second && right === second);
}

type Tuple = readonly number[];

/** Breadth first over tuples of positions that read the same letters. */
function search(positions: Positions, start: Tuple, budget: { steps: number }, isGoal: (tuple: Tuple, hasParted: boolean) => boolean): readonly number[] | undefined {
  interface Step { readonly tuple: Tuple; readonly hasParted: boolean; readonly letter: number; readonly before: Step | undefined }
  const queue: Step[] = [{ tuple: start, hasParted: false, letter: -1, before: undefined }];
  const seen = new Set<string>();
  for (let at = 0; at < queue.length; at += 1) {
    const step = queue[at];
    if (step === undefined) break;
    for (const next of successors(positions, step.tuple)) {
      budget.steps += 1;
      if (budget.steps > maxSteps) return undefined;
      const hasParted = step.hasParted || next.isDouble || next.tuple.some((position) => position !== next.tuple[0]);
      const key = `${next.tuple.join()}${hasParted ? '!' : ''}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const reached: Step = { tuple: next.tuple, hasParted, letter: next.letter, before: step };
      if (isGoal(next.tuple, hasParted)) {
        const word: number[] = [];
        for (let back: Step | undefined = reached; back !== undefined && back.letter >= 0; back = back.before) word.push(back.letter);
        return word.reverse();
      }
      queue.push(reached);
    }
  }
  return undefined;
}

function successors({ follows, takes }: Positions, tuple: Tuple): readonly { readonly tuple: Tuple; readonly letter: number; readonly isDouble: boolean }[] {
  let partial: readonly { readonly tuple: Tuple; readonly bits: bigint; readonly isDouble: boolean }[] = [{ tuple: [], bits: -1n, isDouble: false }];
  tuple.forEach((position, index) => {
    partial = partial.flatMap((one) => [...(follows[position] ?? [])].flatMap(([next, ways]) => {
      const bits = one.bits & (takes[next] ?? 0n);
      return bits === 0n ? [] : [{ tuple: [...one.tuple, next], bits, isDouble: one.isDouble || (ways > 1 && index > 0 && one.tuple.every((other) => other === next)) }];
    }));
  });
  return partial.map(({ tuple: reached, bits, isDouble }) => ({ tuple: reached, letter: lowest(bits), isDouble }));
}

function lowest(bits: bigint): number {
  let index = 0;
  for (let rest = bits; (rest & 1n) === 0n; rest >>= 1n) index += 1;
  return index;
}

/** The engine tries again from every character: as if the expression began with a loop over everything. */
function withRestart(positions: Positions): Positions {
  const begin = positions.takes.length;
  const all = (1n << BigInt(positions.letters.length)) - 1n;
  const follows = positions.follows.map((follow, index) => (index === begin ? new Map([...follow, [begin, 1]]) : follow));
  return { ...positions, takes: [...positions.takes, all], follows };
}

/** Whether some text after many repetitions leads to no match at all; only then all ways are tried. */
function canFail(positions: Positions, position: number, word: readonly number[]): boolean {
  const begin = positions.takes.length;
  let states = new Set<number>([position === begin ? begin : position]);
  const wide = positions.isAnchored ? positions : withRestart(positions);
  for (let count = 0; count < 8; count += 1) {
    for (const letter of word) {
      // A match that can be complete on the way is found as soon as the engine goes back one step.
      if ([...states].some((state) => positions.accepts[state] === 'free')) return false;
      states = advance(wide, states, letter);
    }
    states.add(position);
  }
  const suffixes = positions.letters.map((letter, index) => ({ letter, index })).filter(({ letter }) => letter !== '\n' && letter !== '\r');
  const seen = new Set<string>();
  const queue = [states];
  for (let at = 0; at < queue.length && at < 200; at += 1) {
    const now = queue[at];
    if (now === undefined) break;
    const accepts = [...now].map((state) => positions.accepts[state]);
    if (accepts.includes('free')) continue;
    if (!accepts.includes('end')) return true;
    for (const { index } of suffixes) {
      const next = advance(positions, now, index);
      const key = [...next].sort((left, right) => left - right).join();
      if (!seen.has(key)) queue.push(next);
      seen.add(key);
    }
  }
  return false;
}

function advance({ follows, takes }: Positions, states: ReadonlySet<number>, letter: number): Set<number> {
  const next = new Set<number>();
  for (const state of states) for (const position of follows[state]?.keys() ?? []) if (((takes[position] ?? 0n) >> BigInt(letter) & 1n) === 1n) next.add(position);
  return next;
}
