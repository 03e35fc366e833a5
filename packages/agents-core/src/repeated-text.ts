/** S8: so many times in a row is no accident. */
const times = 8;
const shortest = 16;
const longest = 2_000;
/** Rules, tables and padding repeat a few characters in healthy texts. */
const leastLetters = 6;

/**
 * A chunk that stands eight times in a row in a text, and where its second time begins; undefined while there is none.
 * A chunk has 16 to 2,000 characters and at least six different letters. Whatever the text is, the time it takes grows
 * with its length and no faster: nothing else runs meanwhile.
 */
export function findRepeatedText(text: string): { readonly chunk: string; readonly keep: number } | undefined {
  let known: Run | undefined;
  let at = 0;
  while (at + shortest * (times - 1) <= text.length) {
    const near = text.slice(at, at + longest + shortest);
    const probe = near.slice(0, shortest);
    let next = at + shortest;
    for (let period = near.indexOf(probe, 1); period !== -1; period = near.indexOf(probe, period + 1)) {
      // A multiple of what is known, and within it, ends where that ends.
      if (known !== undefined && at + period <= known.end && period % known.period === 0) continue;
      const run = runAt(text, at, period);
      if (isEndless(text, run)) return { chunk: text.slice(run.start, run.start + sizeOf(run)), keep: run.start + sizeOf(run) };
      if (known === undefined || run.end > known.end) known = run;
      // Padding, rules and digits without an end hold nothing else; what comes after them may have begun with their last characters.
      if (period < shortest / 2 || run.end - run.start >= sizeOf(run) * times) {
        next = Math.max(at + 1, run.end - shortest + 1);
        break;
      }
    }
    at = next;
  }
  return undefined;
}

/**
 * Watches a stream: `push` gives true once its text ends in a chunk that was said eight times in a row, and the stream
 * can be cut. Looks at every 256 characters or more, and keeps the last 16,000.
 */
export function createRepetitionWatch(): { push(delta: string): boolean } {
  let [text, fresh] = ['', 0];
  return {
    push(delta) {
      text += delta;
      fresh += delta.length;
      if (fresh < 256) return false;
      fresh = 0;
      text = text.slice(-longest * times);
      return isRepeatedEnd(text);
    },
  };
}

/** Characters from `start` to `end`, each of which is the one `period` before it. */
interface Run {
  readonly period: number;
  readonly start: number;
  readonly end: number;
}

/** Begins up to one period before the place: further back it was looked for from there. */
function runAt(text: string, at: number, period: number): Run {
  let [start, end] = [at, at + period];
  while (end < text.length && text.charCodeAt(end) === text.charCodeAt(end - period)) end++;
  while (start > 0 && start > at - period && text.charCodeAt(start - 1) === text.charCodeAt(start - 1 + period)) start--;
  return { period, start, end };
}

/** Of a chunk: a shorter period counts as often as it takes. */
function sizeOf({ period }: Run): number {
  return period * Math.ceil(shortest / period);
}

function isEndless(text: string, run: Run): boolean {
  const size = sizeOf(run);
  return size <= longest && run.end - run.start >= size * times && isSaying(text.slice(run.start, run.start + size));
}

function isRepeatedEnd(text: string): boolean {
  const probe = text.slice(-shortest);
  // In padding or a rule everything repeats and says nothing; what is around it will stand here another time.
  if (isPadding(probe)) return false;
  for (let before = text.lastIndexOf(probe, text.length - shortest * 2); before !== -1; before = text.lastIndexOf(probe, before - 1)) {
    const period = text.length - shortest - before;
    if (period * times > text.length) return false;
    const chunk = text.slice(-period);
    if (text.endsWith(chunk.repeat(times))) return isSaying(chunk);
    if (before === 0) return false;
  }
  return false;
}

function isPadding(probe: string): boolean {
  for (let period = 1; period < shortest / 2; period++) if (probe.startsWith(probe.slice(period))) return !isSaying(probe);
  return false;
}

function isSaying(chunk: string): boolean {
  return new Set(chunk.toLowerCase().match(/\p{L}/gu)).size >= leastLetters;
}
