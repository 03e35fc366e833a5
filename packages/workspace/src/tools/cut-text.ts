import { caps } from './answer.ts';

/** The first `length` characters, or one less where that would leave half of a surrogate pair. */
export function firstCharacters(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** Beginning and end of a text; never half of a surrogate pair. */
export function headAndTail(text: string, maxCharacters: number): { readonly head: string; readonly tail: string; readonly omitted: number } {
  if (text.length <= maxCharacters) return { head: text, tail: '', omitted: 0 };
  const half = Math.floor(maxCharacters / 2);
  const head = firstCharacters(text, half);
  const tail = text.slice(text.length - half).replace(/^[\uDC00-\uDFFF]/, '');
  return { head, tail, omitted: text.length - head.length - tail.length };
}

/**
 * As many whole lines as fit, at least one; a line that is too long is cut and says by how much. `cut` counts the
 * characters that are missing from the lines that are shown.
 */
export function fitLines(lines: readonly string[], maxCharacters: number): { readonly shown: readonly string[]; readonly cut: number } {
  const shown: string[] = [];
  let size = 0;
  let cut = 0;
  for (const line of lines) {
    const start = line.length > caps.line ? firstCharacters(line, caps.line) : line;
    const missing = line.length - start.length;
    const fitting = missing === 0 ? line : `${start} …[+${missing} characters]`;
    size += fitting.length + 1;
    if (size > maxCharacters && shown.length > 0) break;
    shown.push(fitting);
    cut += missing;
  }
  return { shown, cut };
}
