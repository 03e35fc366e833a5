/** S8: so many times in a row is no accident. */
const times = 8;
const shortest = 16;
const longest = 2_000;
/** Rules, tables and padding repeat a few characters in healthy texts. */
const leastLetters = 6;

/**
 * A chunk that stands eight times in a row in a text, and where its second time begins; undefined while there is none.
 * A chunk has 16 to 2,000 characters and at least six different letters.
 */
export function findRepeatedText(text: string): { readonly chunk: string; readonly keep: number } | undefined {
  for (let at = 0; at + shortest * times <= text.length; at += shortest) {
    const found = repeatedAt(text, at);
    if (found !== undefined) return found;
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

function repeatedAt(text: string, found: number): { readonly chunk: string; readonly keep: number } | undefined {
  const probe = text.slice(found, found + shortest);
  const near = text.slice(found, found + longest + shortest);
  for (let period = near.indexOf(probe, shortest); period !== -1; period = near.indexOf(probe, period + 1)) {
    let at = found;
    while (at > 0 && at > found - shortest && text[at - 1] === text[at - 1 + period]) at--;
    const chunk = text.slice(at, at + period);
    if (isSaying(chunk) && chunk.repeat(times) === text.slice(at, at + period * times)) return { chunk, keep: at + period };
  }
  return undefined;
}

function isRepeatedEnd(text: string): boolean {
  const probe = text.slice(-shortest);
  for (let before = text.lastIndexOf(probe, text.length - shortest * 2); before !== -1; before = text.lastIndexOf(probe, before - 1)) {
    const period = text.length - shortest - before;
    if (period * times > text.length) return false;
    const chunk = text.slice(-period);
    if (isSaying(chunk) && text.endsWith(chunk.repeat(times))) return true;
    if (before === 0) return false;
  }
  return false;
}

function isSaying(chunk: string): boolean {
  return new Set(chunk.toLowerCase().match(/\p{L}/gu)).size >= leastLetters;
}
