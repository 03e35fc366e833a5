import { foundPath } from './ripgrep.ts';
import type { RipgrepRecord } from './ripgrep.ts';
import { shownName } from './shown-name.ts';

export interface Hit {
  readonly type: 'match' | 'context';
  /** As the tools show it. */
  readonly file: string;
  /** `path:line:text`, with `-` instead of `:` in lines of context. */
  readonly line: string;
}

/**
 * Reads what ripgrep prints with `--null`: the path, a zero byte, the line's number, `:` or `-`, the line. A path with
 * a line break comes in pieces.
 */
export function createHitParser(nameOf: (path: string) => string = foundPath): (record: RipgrepRecord) => Hit | undefined {
  let begun = '';
  return ({ text, dropped }) => {
    const end = text.indexOf('\0');
    if (end === -1) {
      if (!/: (?:WARNING: stopped searching binary file|binary file matches)/.test(text)) begun += `${text}\n`;
      return undefined;
    }
    const path = begun + text.slice(0, end);
    begun = '';
    const [, number, mark, content] = /^(\d+)([:-])([^]*)$/.exec(text.slice(end + 1)) ?? [];
    if (number === undefined || mark === undefined || content === undefined) return undefined;
    const file = shownName(nameOf(path));
    const rest = dropped === 0 ? content.replace(/\r$/, '') : `${content} …[+${dropped} bytes]`;
    return { type: mark === ':' ? 'match' : 'context', file, line: `${file}${mark}${number}${mark}${rest}` };
  };
}
