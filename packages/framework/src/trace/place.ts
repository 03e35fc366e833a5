import { posix } from 'node:path';
import { FrameworkError } from '../framework-error.ts';
import { plainPath } from './artifacts.ts';

export interface Place {
  readonly file: string;
  readonly line: number | undefined;
}

/**
 * The file, or the line of one, that a text such as `src/a.ts:12` means, among the files that there are: with `./`,
 * backslashes, or the whole path in the workspace before it, with a column behind it. A name that ends like a line wins.
 * @throws FrameworkError `FW_PLACE_UNKNOWN`.
 */
export function readPlace(text: string, known: ReadonlySet<string>, workspace: string): Place {
  const candidates: Place[] = [{ file: text, line: undefined }];
  const [, before, line] = /^(.+?):(\d{1,9})(?::\d{1,9})?$/s.exec(text) ?? [];
  const [, whole, last] = /^(.+):(\d{1,9})$/s.exec(text) ?? [];
  if (whole !== undefined) candidates.push({ file: whole, line: Number(last) });
  if (before !== undefined && before !== whole) candidates.push({ file: before, line: Number(line) });
  for (const place of candidates) {
    const file = spellings(place.file, workspace).find((one) => known.has(one));
    if (file !== undefined) return { file, line: place.line };
  }
  const asked = candidates.at(-1)?.file ?? text;
  const near = [...known].filter((file) => posix.basename(file) === posix.basename(plainPath(asked))).slice(0, 5);
  throw new FrameworkError('FW_PLACE_UNKNOWN', { message: `There is no file "${asked}" in this run, before or after its change. ${near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'Name it relative to the workspace, as src/a.ts or src/a.ts:12.'}` });
}

function spellings(file: string, workspace: string): readonly string[] {
  const plain = plainPath(file);
  const root = `${plainPath(workspace).replace(/\/+$/, '')}/`;
  // Drives of Windows are written in either case.
  const isInside = plain.startsWith(root) || (/^[A-Za-z]:\//.test(root) && plain.toLowerCase().startsWith(root.toLowerCase()));
  return [file, plain, posix.normalize(plain), ...(isInside ? [posix.normalize(plain.slice(root.length))] : [])];
}
