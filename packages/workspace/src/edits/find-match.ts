import { type LineLevel, lineLevels } from './line-levels.ts';
import { createLineIndex } from './line-index.ts';
import { lineAt, lineContents, splitLines, type TextLine, withLineEnd } from './text-lines.ts';

export interface TextEdit {
  readonly old: string;
  readonly new: string;
  readonly all: boolean;
}

export interface TextMatch {
  /** How far what was asked for is from what is there. */
  readonly level: 'exact' | 'line ends' | LineLevel['name'];
  /** Place in the text, as string offsets. */
  readonly start: number;
  readonly end: number;
  /** What to put there. */
  readonly replacement: string;
}

export type MatchAnswer =
  | { readonly status: 'found'; readonly matches: readonly TextMatch[] }
  /** 1-based lines of the hits of the first level that has any, up to 21. */
  | { readonly status: 'ambiguous'; readonly level: TextMatch['level']; readonly lines: readonly number[] }
  | { readonly status: 'not_found' };

/**
 * Finds where `old` stands in `text`: exactly, else with other line ends, else without trailing blanks, else shifted by
 * one indent, else with other Unicode punctuation. The first level with a hit decides, and only a single hit counts;
 * `all` takes several where the text is the same but for line ends. Below exact at least two lines must not be blank.
 * Likeness never decides.
 */
export function findMatch(text: string, edit: TextEdit): MatchAnswer {
  const exact = findAll(text, edit.old, edit.all);
  if (exact.length > 0) {
    const replacement = text.includes('\r\n') && !/(?<!\r)\n/.test(text) ? withLineEnd(edit.new, '\r\n') : edit.new;
    return choose(
      text,
      edit.all,
      exact.map((start) => ({ level: 'exact', start, end: start + edit.old.length, replacement })),
    );
  }
  const old = lineContents(edit.old);
  if (old.filter((line) => line.trim() !== '').length < 2) return { status: 'not_found' };
  const unified = findUnified(text, edit);
  if (unified.length > 0) return choose(text, edit.all, unified);
  const file = splitLines(text);
  const index = createLineIndex(file);
  for (const level of lineLevels) {
    const hits: { readonly first: number; readonly fresh: readonly string[] }[] = [];
    for (const first of index.candidates(old, level.key)) {
      const fresh = level.fit(file, first, old, edit.new);
      if (fresh !== undefined) hits.push({ first, fresh });
      if (hits.length > maxShownHits) break;
    }
    const [hit] = hits;
    if (hit === undefined) continue;
    if (hits.length > 1) return { status: 'ambiguous', level: level.name, lines: hits.map(({ first }) => first + 1) };
    return { status: 'found', matches: [{ level: level.name, ...replaceLines(file, hit.first, old, edit, hit.fresh) }] };
  }
  return { status: 'not_found' };
}

/** More places than that are not counted. */
export const maxShownHits = 20;

function choose(text: string, all: boolean, matches: readonly TextMatch[]): MatchAnswer {
  if (matches.length === 1 || all) return { status: 'found', matches };
  return { status: 'ambiguous', level: (matches[0] as TextMatch).level, lines: matches.slice(0, maxShownHits + 1).map(({ start }) => lineAt(text, start)) };
}

/** All places that can be replaced together, or, where only a single one counts, also those that overlap. */
function findAll(text: string, wanted: string, all: boolean): readonly number[] {
  const found: number[] = [];
  for (let at = text.indexOf(wanted); at !== -1 && wanted !== ''; at = text.indexOf(wanted, at + (all ? wanted.length : 1))) {
    found.push(at);
    if (!all && found.length > maxShownHits) break;
  }
  return found;
}

function findUnified(text: string, edit: TextEdit): readonly TextMatch[] {
  const old = withLineEnd(edit.old, '\n');
  if (!text.includes('\r\n'))
    return findAll(text, old, edit.all).map((start) => ({
      level: 'line ends',
      start,
      end: start + old.length,
      replacement: withLineEnd(edit.new, '\n'),
    }));
  // Offsets of the carriage returns that are left out, as places in the text without them.
  const unified = withLineEnd(text, '\n');
  const offset = offsetsIn(text);
  return findAll(unified, old, edit.all).map((at) => {
    const start = offset(at);
    const end = offset(at + old.length);
    return { level: 'line ends', start, end, replacement: withLineEnd(edit.new, text.slice(start, end).includes('\r\n') ? '\r\n' : '\n') };
  });
}

/** Turns offsets of the text without carriage returns into offsets of the text; asked in rising order. */
function offsetsIn(text: string): (unified: number) => number {
  let place = 0;
  let skipped = 0;
  return (unified) => {
    for (let pair = text.indexOf('\r\n', place); pair !== -1 && pair < unified + skipped; pair = text.indexOf('\r\n', place)) {
      skipped += 1;
      place = pair + 2;
    }
    return unified + skipped;
  };
}

/** Lines that `old` and `new` share at their beginning and end stay as the file has them. */
function replaceLines(
  file: readonly TextLine[],
  first: number,
  old: readonly string[],
  edit: TextEdit,
  fresh: readonly string[],
): Omit<TextMatch, 'level'> {
  const asked = lineContents(edit.new);
  const common = Math.min(old.length, asked.length);
  let before = 0;
  while (before < common && old[before] === asked[before]) before += 1;
  let after = 0;
  while (after < common - before && old[old.length - 1 - after] === asked[asked.length - 1 - after]) after += 1;
  const lines = file.slice(first, first + old.length);
  const there = lines.map((line) => line.content);
  const content = [...there.slice(0, before), ...fresh.slice(before, fresh.length - after), ...there.slice(there.length - after)];
  const last = lines.at(-1) as TextLine;
  const end = file.slice(first).find((line) => line.end !== '')?.end ?? file[0]?.end ?? '';
  // Whether the last line's end is replaced as well is what `old` says; the end of the file may have none.
  const takesEnd = edit.old.endsWith('\n') && last.end !== '';
  const givesEnd = edit.new.endsWith('\n') && (takesEnd || !edit.old.endsWith('\n'));
  return {
    start: (lines[0] as TextLine).start,
    end: last.start + last.content.length + (takesEnd ? last.end.length : 0),
    replacement: content.join(end === '' ? '\n' : end) + (givesEnd ? end : ''),
  };
}
