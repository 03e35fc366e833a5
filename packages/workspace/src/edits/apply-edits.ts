import { explainMiss } from './explain-miss.ts';
import { findMatch, maxShownHits, type TextEdit, type TextMatch } from './find-match.ts';
import { lineAt } from './text-lines.ts';

export type EditsAnswer =
  /** `hunks` shows each place with its lines before and after; `notes` names edits that did not match exactly. */
  | { readonly status: 'applied'; readonly text: string; readonly hunks: readonly string[]; readonly notes: readonly string[] }
  | { readonly status: 'refused'; readonly code: 'not_found' | 'ambiguous' | 'no_change' | 'too_large'; readonly message: string };

/** Looking for what is alike takes long. */
export const maxExplained = 3;

/** Places that are shown of all that one edit changes; a small `old` may stand a million times on one line. */
const maxHunks = 1_000;
/** More of a line is not repeated for each place on it. */
const maxHunkLine = 4_000;
/** What reading takes. */
const maxCharacters = 32 * 1024 * 1024;

/** Applies edits one after the other, all or none. */
export function applyEdits(file: string, text: string, edits: readonly TextEdit[]): EditsAnswer {
  let current = text;
  const hunks: string[] = [];
  const notes: string[] = [];
  const failures: { readonly code: 'not_found' | 'ambiguous' | 'no_change'; readonly message: string }[] = [];
  for (const [index, edit] of edits.entries()) {
    const name = edits.length === 1 ? 'The edit' : `Edit ${index + 1} of ${edits.length}`;
    if (edit.old === edit.new) {
      failures.push({ code: 'no_change', message: `${name}: old and new are the same.` });
      continue;
    }
    const answer = findMatch(current, edit);
    if (answer.status === 'ambiguous') {
      const lines = answer.lines.slice(0, maxShownHits).join(', ');
      const places = answer.lines.length > maxShownHits ? `more than ${maxShownHits}` : answer.lines.length;
      failures.push({
        code: 'ambiguous',
        message: `${name}: old stands at ${places} places (lines ${lines}). Add lines around it until it is unique${answer.level === 'exact' ? ', or set all to change every one' : ''}.`,
      });
    } else if (answer.status === 'not_found') {
      const explained = failures.length < maxExplained ? ` ${explainMiss(current, edit)}` : '';
      failures.push({ code: 'not_found', message: `${name}: old was not found.${explained}` });
    } else {
      const level = (answer.matches[0] as TextMatch).level;
      if (level !== 'exact') notes.push(`${name} matched but for its ${level}.`);
      const size = answer.matches.reduce((sum, { start, end, replacement }) => sum + replacement.length - (end - start), current.length);
      if (size > maxCharacters)
        return { status: 'refused', code: 'too_large', message: `Nothing was written to ${file}: it would have ${size} characters, and at most ${maxCharacters} can be read again.` };
      for (const match of answer.matches.slice(0, maxHunks)) hunks.push(showHunk(current, match));
      if (answer.matches.length > maxHunks) notes.push(`${name} changed ${answer.matches.length} places; the first ${maxHunks} are shown.`);
      current = replaceAll(current, answer.matches);
    }
  }
  const [first] = failures;
  if (first !== undefined) {
    const found = edits.length - failures.length;
    return {
      status: 'refused',
      code: failures.find((failure) => failure.code === 'ambiguous')?.code ?? first.code,
      message: [
        `Nothing was written to ${file}.${found > 0 ? ` ${found} of ${edits.length} edits would have matched.` : ''}`,
        ...failures.map((failure) => failure.message),
      ].join('\n'),
    };
  }
  if (current === text)
    return { status: 'refused', code: 'no_change', message: `Nothing was written to ${file}: the edits leave it as it is.` };
  return { status: 'applied', text: current, hunks, notes };
}

function replaceAll(text: string, matches: readonly TextMatch[]): string {
  let result = '';
  let done = 0;
  for (const match of matches) {
    result += text.slice(done, match.start) + match.replacement;
    done = match.end;
  }
  return result + text.slice(done);
}

function showHunk(text: string, match: TextMatch): string {
  const start = text.lastIndexOf('\n', match.start - 1) + 1;
  const takesEnd = text[match.end - 1] === '\n' && match.end > match.start;
  const next = takesEnd ? match.end : text.indexOf('\n', match.end) + 1;
  const end = next === 0 ? text.length : next;
  const head = `@@ line ${lineAt(text, match.start)} @@`;
  const isLong = end - start > maxHunkLine && end - start > 2 * (match.end - match.start);
  const [from, to] = isLong ? [match.start, match.end] : [start, end];
  const after = text.slice(from, match.start) + match.replacement + text.slice(match.end, to);
  const lines = (part: string, sign: string): readonly string[] =>
    part === ''
      ? []
      : part
          .replace(/\r?\n$/, '')
          .split(/\r?\n/)
          .map((line) => sign + line);
  return [isLong ? `${head} part of it, from character ${match.start - start + 1}` : head, ...lines(text.slice(from, to), '-'), ...lines(after, '+')].join('\n');
}
