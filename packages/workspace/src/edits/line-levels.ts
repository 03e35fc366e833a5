import { lineContents, type TextLine, trimBlanks } from './text-lines.ts';

/** One way in which whole lines may differ from those asked for and still be meant. */
export interface LineLevel {
  readonly name: 'trailing blanks' | 'indent' | 'punctuation';
  /** Lines that fit each other have the same. */
  key(line: string): string;
  /** The new lines as they must be at this place; undefined when `old` does not stand there. */
  fit(file: readonly TextLine[], first: number, old: readonly string[], fresh: string): readonly string[] | undefined;
}

/** In the order in which they are tried. */
export const lineLevels: readonly LineLevel[] = [
  {
    name: 'trailing blanks',
    key: trimBlanks,
    fit: (file, first, old, fresh) =>
      everyLine(file, first, old, (line, wanted) => trimBlanks(line) === trimBlanks(wanted)) ? lineContents(fresh) : undefined,
  },
  { name: 'indent', key: (line) => line.trim(), fit: fitIndent },
  {
    name: 'punctuation',
    key: plain,
    fit: (file, first, old, fresh) =>
      everyLine(file, first, old, (line, wanted) => plain(line) === plain(wanted)) ? lineContents(fresh) : undefined,
  },
];

/** Every line has the same blanks more, or less, than asked for; the new lines get or lose them too. */
function fitIndent(file: readonly TextLine[], first: number, old: readonly string[], fresh: string): readonly string[] | undefined {
  const index = old.findIndex((line) => line.trim() !== '');
  const here = leadingBlanks(file[first + index]?.content ?? '');
  const wanted = leadingBlanks(old[index] ?? '');
  const added = here.endsWith(wanted) ? here.slice(0, here.length - wanted.length) : '';
  const removed = wanted.endsWith(here) ? wanted.slice(0, wanted.length - here.length) : '';
  if (added === '' && removed === '') return undefined;
  const shift = (line: string): string | undefined => {
    if (line.trim() === '') return line;
    return line.startsWith(removed) ? added + line.slice(removed.length) : undefined;
  };
  if (!everyLine(file, first, old, (line, asked) => trimBlanks(line) === trimBlanks(shift(asked) ?? '\0'))) return undefined;
  const shifted = lineContents(fresh).map(shift);
  return shifted.every((line) => line !== undefined) ? shifted : undefined;
}

function everyLine(
  file: readonly TextLine[],
  first: number,
  old: readonly string[],
  equal: (line: string, wanted: string) => boolean,
): boolean {
  return old.every((wanted, index) => equal(file[first + index]?.content ?? '', wanted));
}

function leadingBlanks(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

function plain(line: string): string {
  return trimBlanks(line)
    .replaceAll(/[\u2018\u2019\u201A\u201B\u2032]/g, "'")
    .replaceAll(/[\u201C\u201D\u201E\u201F\u2033]/g, '"')
    .replaceAll(/[\u2010-\u2015\u2212]/g, '-')
    .replaceAll('\u2026', '...')
    .replaceAll(/[\u00A0\u2002-\u200A\u202F\u205F\u3000]/g, ' ');
}
