import { findRepeatedText } from './repeated-text.ts';
import type { LoopTurn, TurnCall } from './loop-turn.ts';

/** What a rule says after a turn: a hint for the model, or the end of the loop. */
export interface StuckSign {
  readonly rule: 'S1' | 'S2' | 'S3' | 'S4' | 'S5' | 'S6' | 'S7' | 'S8' | 'S10';
  readonly action: 'note' | 'stop';
  readonly message: string;
}

const repeat = { note: 3, stop: 4 };
const error = { note: 2, stop: 3 };
const cycle = { rounds: 3, longest: 5 };
/** Returns to one tree: a second one with nothing new in between, or so many at all. */
const seenTree = { idle: 2, ever: 5 };
const sameFailures = { note: 3, stop: 5 };
const idleStop = 3;
const reads = { note: 12, stop: 20 };
const timeouts = 3;
const compaction = { stop: 3, leastGain: 0.1 };

type Rule = (turns: readonly LoopTurn[]) => StuckSign | undefined;

/**
 * The strongest sign of the turn that just ended; undefined while things move. Pure: it compares tools, canonical
 * arguments, hashes of trees and of answers. S8 is found in a text and S9 before a call, S10 after a compaction.
 */
export function findStuck(turns: readonly LoopTurn[]): StuckSign | undefined {
  const rules: readonly Rule[] = [findIdle, findError, findRepeat, findCycle, findSeenTree, findSameFailures, findReads];
  let note: StuckSign | undefined;
  for (const rule of rules) {
    const sign = rule(turns);
    if (sign?.action === 'stop') return sign;
    note ??= sign;
  }
  return note;
}

/** S8: an answer that says one thing over and over. */
export function findEndlessText(text: string): StuckSign | undefined {
  const chunk = findRepeatedText(text)?.chunk;
  return chunk === undefined ? undefined : { rule: 'S8', action: 'note', message: `Your last answer said one thing over and over and was cut: ${JSON.stringify(chunk.slice(0, 80))}. Call a tool, or end the work.` };
}

/** S10: shortening the conversation no longer helps. `gains` are the shares of tokens that each compaction saved. */
export function findVainCompaction(gains: readonly number[]): StuckSign | undefined {
  const last = gains.slice(-compaction.stop);
  if (last.length < compaction.stop || last.some((gain) => gain >= compaction.leastGain)) return undefined;
  return { rule: 'S10', action: 'stop', message: `The conversation was shortened ${compaction.stop} times and each time got less than ${compaction.leastGain * 100} % shorter.` };
}

/** S9: commands that ran out of time three times with the files as they are now. */
export function timedOutCommands(turns: readonly LoopTurn[]): ReadonlySet<string> {
  if (!hasAtLeast(turns, timeouts, ({ timedOut }) => timedOut !== undefined)) return none;
  const counts = new Map<string, number>();
  walk(turns, ({ timedOut }) => {
    if (timedOut !== undefined) counts.set(timedOut, (counts.get(timedOut) ?? 0) + 1);
  }, () => counts.clear());
  return new Set([...counts].flatMap(([command, count]) => (count >= timeouts ? [command] : [])));
}

/** S1: the same call with the same result, nothing changed by another call in between. */
function findRepeat(turns: readonly LoopTurn[]): StuckSign | undefined {
  return strongest(turns, repeat, (call) => call.identity, (call, turn) => !(turn.isForgotten === true && call.read !== undefined), ({ name }, count) => `${name} was called ${count} times with the same arguments and gave the same result each time`, 'Calling it again will not help: do something else, or end the work and say what is in the way.');
}

/** S2: the same error, nothing changed in between. */
function findError(turns: readonly LoopTurn[]): StuckSign | undefined {
  return strongest(turns, error, (call) => call.error, () => true, ({ name }, count) => `${name} failed ${count} times in the same way`, 'Read what it says, and do it differently.');
}

/** S3: two to five different calls, the same three rounds long, each round on the same files. */
function findCycle(turns: readonly LoopTurn[]): StuckSign | undefined {
  const newest = turns.at(-1)?.calls.at(-1)?.identity;
  if (newest !== undefined && !hasAtLeast(turns.slice(-cycle.rounds * cycle.longest), cycle.rounds, ({ identity }) => identity === newest)) return undefined;
  const last = turns.slice(-cycle.rounds * cycle.longest).flatMap(({ calls, tree = '' }) => calls.map(({ name, identity }) => ({ name, identity: `${identity} ${tree}` })));
  for (let length = 2; length <= cycle.longest; length++) {
    const tail = last.slice(-cycle.rounds * length);
    if (tail.length < cycle.rounds * length) return undefined;
    const round = tail.slice(-length);
    const repeats = tail.every(({ identity }, index) => identity === round[index % length]?.identity);
    if (repeats && new Set(round.map(({ identity }) => identity)).size > 1) {
      return { rule: 'S3', action: 'stop', message: `The calls ${round.map(({ name }) => name).join(', ')} went round ${cycle.rounds} times with the same arguments and results.` };
    }
  }
  return undefined;
}

/**
 * S4: the files went back to what they were. To look at how things were before a change and come back is healthy, so
 * only a second return to one tree with no new tree in between stops, or the fifth at all.
 */
function findSeenTree(turns: readonly LoopTurn[]): StuckSign | undefined {
  const now = turns.at(-1)?.tree;
  if (now === undefined || now === turns.at(-2)?.tree) return undefined;
  const trees = turns.flatMap(({ tree }, index) => (tree === undefined || tree === turns[index - 1]?.tree ? [] : [tree]));
  const seen = new Set<string>();
  let newest = 0;
  for (const [index, tree] of trees.entries()) {
    if (!seen.has(tree)) newest = index;
    seen.add(tree);
  }
  if (newest === trees.length - 1) return undefined;
  const ever = trees.filter((tree) => tree === now).length - 1;
  const idle = trees.slice(newest + 1).filter((tree) => tree === now).length;
  const said = `The files are exactly as they were after turn ${turns.findIndex(({ tree }) => tree === now) + 1}`;
  if (idle >= seenTree.idle || ever >= seenTree.ever) return { rule: 'S4', action: 'stop', message: `${said}; they came back to it ${ever} times.` };
  return ever === 1 ? { rule: 'S4', action: 'note', message: `${said}: the changes since are undone. Do not go round again: try another way, or end the work and say what is in the way.` } : undefined;
}

/** S5: edit after edit, and the same tests fail. */
function findSameFailures(turns: readonly LoopTurn[]): StuckSign | undefined {
  if (!turns.at(-1)?.calls.some(({ failing }) => failing)) return undefined;
  let [groups, isEdited, last, isNow] = [0, false, '', false];
  walk(turns, ({ failing }, turn) => {
    if (failing === undefined) return;
    if (failing !== last || failing === '') groups = 0;
    if (failing !== '' && isEdited) groups++;
    isNow = turn === turns.at(-1) && isEdited && failing !== '';
    [isEdited, last] = [false, failing];
  }, () => { isEdited = true; });
  if (!isNow) return undefined;
  if (groups >= sameFailures.stop) return { rule: 'S5', action: 'stop', message: `The same tests failed after each of ${groups} groups of edits.` };
  return groups === sameFailures.note ? { rule: 'S5', action: 'note', message: `The same tests failed after each of ${groups} groups of edits. Stop editing and plan anew: read the failing assertion and the code it reaches, say what you believed and what shows otherwise, then choose another way.` } : undefined;
}

/** S6: turns that moved nothing. */
function findIdle(turns: readonly LoopTurn[]): StuckSign | undefined {
  if (turns.length < idleStop || !turns.slice(-idleStop).every((turn) => turn.isIdle)) return undefined;
  return { rule: 'S6', action: 'stop', message: `${idleStop} turns in a row had no usable tool call.` };
}

/** S7: reading what was read before. */
function findReads(turns: readonly LoopTurn[]): StuckSign | undefined {
  if (!hasAtLeast(turns, reads.note, ({ read }) => read !== undefined)) return undefined;
  const seen = new Map<string, (readonly [number, number])[]>();
  let [count, isRead] = [0, false];
  const forget = (): void => {
    count = 0;
    seen.clear();
  };
  walk(turns, ({ read }, turn) => {
    if (read === undefined || turn.isForgotten === true) return;
    const { of, start, end } = read;
    const ranges = seen.get(of) ?? [];
    count = isCovered(start, end, ranges) ? count + 1 : 0;
    seen.set(of, [...ranges, [start, end]]);
    isRead ||= turn === turns.at(-1);
  }, forget);
  if (!isRead) return undefined;
  if (count >= reads.stop) return { rule: 'S7', action: 'stop', message: `${count} reads in a row showed nothing that had not been shown before.` };
  return count === reads.note ? { rule: 'S7', action: 'note', message: `${count} reads in a row showed nothing that you have not seen. Act on what you know, or end the work and say what is missing.` } : undefined;
}

function isCovered(start: number, end: number, ranges: readonly (readonly [number, number])[]): boolean {
  let next = start;
  for (const [from, to] of ranges.toSorted(([left], [right]) => left - right)) if (from <= next) next = Math.max(next, to + 1);
  return next > end;
}

type KeyOf = (call: TurnCall) => string | undefined;
type Counts = (call: TurnCall, turn: LoopTurn) => boolean;

/** How often each key was met since the files last changed by another call. */
function countSince(turns: readonly LoopTurn[], keyOf: KeyOf, counted: Counts): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  walk(turns, (call, turn) => {
    const key = counted(call, turn) ? keyOf(call) : undefined;
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }, (call, turn) => {
    const key = call === undefined || !counted(call, turn) ? undefined : keyOf(call);
    const own = key === undefined ? undefined : counts.get(key);
    counts.clear();
    if (key !== undefined && own !== undefined) counts.set(key, own);
  });
  return counts;
}

function strongest(turns: readonly LoopTurn[], at: { readonly note: number; readonly stop: number }, keyOf: KeyOf, counted: Counts, say: (call: TurnCall, count: number) => string, advice: string): StuckSign | undefined {
  const rule = at === repeat ? 'S1' : 'S2';
  let [note, counts]: [StuckSign?, ReadonlyMap<string, number>?] = [];
  for (const call of turns.at(-1)?.calls ?? []) {
    const key = keyOf(call);
    if (key === undefined || !hasAtLeast(turns, at.note, (other) => keyOf(other) === key)) continue;
    counts ??= countSince(turns, keyOf, counted);
    const count = counts.get(key) ?? 0;
    if (count >= at.stop) return { rule, action: 'stop', message: `${say(call, count)}.` };
    if (count === at.note) note = { rule, action: 'note', message: `${say(call, count)}. ${advice}` };
  }
  return note;
}

/** Whether so many calls are such, whatever came between them: most turns need no closer look. */
function hasAtLeast(turns: readonly LoopTurn[], least: number, is: (call: TurnCall) => boolean): boolean {
  let found = 0;
  for (const { calls } of turns) for (const call of calls) if (is(call) && ++found >= least) return true;
  return false;
}

/** Tells of all calls in order, and before a call when it changed the files, or of a turn in which no call says that it did. */
function walk(turns: readonly LoopTurn[], onCall: (call: TurnCall, turn: LoopTurn) => void, onChange: (by: TurnCall | undefined, turn: LoopTurn) => void): void {
  let before: string | undefined;
  for (const turn of turns) {
    const isMoved = before !== undefined && turn.tree !== undefined && before !== turn.tree;
    // A change by a tool that does not say so: nothing is known of the order within the turn.
    if (isMoved && !turn.calls.some(({ changed }) => changed)) onChange(undefined, turn);
    for (const call of turn.calls) {
      if (call.changed) onChange(call, turn);
      onCall(call, turn);
    }
    before = turn.tree;
  }
}

const none: ReadonlySet<string> = new Set();
