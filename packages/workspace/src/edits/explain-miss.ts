import type { TextEdit } from './find-match.ts';
import { lineAt, lineContents } from './text-lines.ts';

/** Why `old` may be missing, and the lines that are most like it. For the reader only: likeness never places an edit. */
export function explainMiss(text: string, edit: TextEdit): string {
  const already = edit.new.trim() === '' ? -1 : text.indexOf(edit.new);
  if (already !== -1) return `new already stands at line ${lineAt(text, already)}: this edit may have been made before.`;
  const file = lineContents(text);
  const old = lineContents(edit.old);
  const few = old.filter((line) => line.trim() !== '').length < 2 ? 'One line alone must match exactly. ' : '';
  const best = closestLine(file, old);
  if (best === undefined) return `${few}No line of the file is like it. Read the file again and copy the lines as they are.`;
  const shown = file.slice(best, best + Math.min(old.length + 2, 14)).map((line, index) => `${best + index + 1}\t${line.slice(0, 200)}`);
  return `${few}The closest lines are:\n${shown.join('\n')}\nCopy them as they are, or read the file again.`;
}

/** Index of the first line of the window that has most lines, then most words, in common with `old`. */
export function closestLine(file: readonly string[], old: readonly string[]): number | undefined {
  const wanted = old.slice(0, 40);
  const words = wanted.map(wordsOf);
  const fileWords = file.slice(0, 20_000).map(wordsOf);
  let best: number | undefined;
  let most = 0;
  for (let first = 0; first < fileWords.length; first += 1) {
    let score = 0;
    for (const [index, line] of wanted.entries()) {
      const there = file[first + index];
      const thereWords = fileWords[first + index];
      if (there === undefined || thereWords === undefined || line.trim() === '') continue;
      score += there.trim() === line.trim() ? 1 : 0.9 * share(thereWords, words[index] as ReadonlySet<string>);
    }
    if (score > most) [best, most] = [first, score];
  }
  return most >= 0.3 * wanted.filter((line) => line.trim() !== '').length ? best : undefined;
}

function wordsOf(line: string): ReadonlySet<string> {
  return new Set(line.slice(0, 500).match(/\w+|[^\s\w]/g));
}

function share(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0;
  let both = 0;
  for (const word of a) if (b.has(word)) both += 1;
  return (2 * both) / (a.size + b.size);
}
