/** One group of lines of an update, as it stands in the patch. */
export interface PatchChunk {
  /** Texts after `@@`: lines that stand above the place, outermost first. */
  readonly anchors: readonly string[];
  readonly lines: readonly { readonly type: 'keep' | 'remove' | 'add'; readonly text: string }[];
  /** The lines end where the file ends. */
  readonly atEnd: boolean;
}

export type PatchPart =
  | { readonly type: 'add'; readonly file: string; readonly content: string }
  | { readonly type: 'delete'; readonly file: string }
  | { readonly type: 'update'; readonly file: string; readonly moveTo: string | undefined; readonly chunks: readonly PatchChunk[] };

export type ParsedPatch =
  | { readonly status: 'parsed'; readonly parts: readonly PatchPart[] }
  /** `line` is the 1-based line of the patch. */
  | { readonly status: 'invalid'; readonly line: number; readonly message: string };

const head = /^\*\*\* (Add|Update|Delete) File: (.*)$/;

/**
 * Reads the envelope `*** Begin Patch` … `*** End Patch` with its parts Add, Update (with Move to), Delete. A shell's
 * here-document or a fence of Markdown around it is left out; anything else that is not of the format is refused.
 */
export function parsePatch(patch: string): ParsedPatch {
  const lines = patch.split(/\r?\n/);
  const invalid = (index: number, message: string): ParsedPatch => ({ status: 'invalid', line: index + 1, message });
  const begin = lines.findIndex((line) => line.trim() === '*** Begin Patch');
  if (begin === -1) return invalid(0, 'It must start with the line "*** Begin Patch".');
  const before = lines.slice(0, begin).findIndex((line) => line.trim() !== '' && !/^(```\w*|.*<<-?\s*['"]?\w+['"]?)\s*$/.test(line));
  if (before !== -1) return invalid(before, 'Only the envelope may stand in it: "*** Begin Patch" comes first.');
  const end = lines.findIndex((line, index) => index > begin && line.trimEnd() === '*** End Patch');
  if (end === -1) return invalid(lines.length - 1, 'It must end with the line "*** End Patch"; it was cut, or a line has a wrong beginning.');
  const after = lines.findIndex((line, index) => index > end && line.trim() !== '' && !/^(```|\w+)\s*$/.test(line));
  if (after !== -1) return invalid(after, 'Nothing may come after "*** End Patch".');

  const parts: PatchPart[] = [];
  for (let index = begin + 1; index < end; ) {
    const [, kind, name] = head.exec(lines[index] as string) ?? [];
    if (kind === undefined || name === undefined) {
      if ((lines[index] as string).trim() !== '') return invalid(index, `Expected "*** Add File: …", "*** Update File: …" or "*** Delete File: …", not ${quote(lines[index])}.`);
      index += 1;
      continue;
    }
    const file = name.trim();
    if (file === '') return invalid(index, 'A file must be named.');
    let next = index + 1;
    while (next < end && !head.test(lines[next] as string)) next += 1;
    const body = lines.slice(index + 1, next);
    const part = kind === 'Add' ? readAdd(file, body) : kind === 'Delete' ? readDelete(file, body) : readUpdate(file, body);
    if ('problem' in part) return invalid(index + 1 + part.at, part.problem);
    parts.push(part);
    index = next;
  }
  return parts.length === 0 ? invalid(begin, 'It names no file.') : { status: 'parsed', parts };
}

type Problem = { readonly problem: string; readonly at: number };

function readAdd(file: string, body: readonly string[]): PatchPart | Problem {
  const content = withoutBlankEnd(body);
  const at = content.findIndex((line) => !line.startsWith('+'));
  if (at !== -1) return { problem: `Every line of an added file begins with "+": ${quote(content[at])}.`, at };
  return { type: 'add', file, content: content.map((line) => `${line.slice(1)}\n`).join('') };
}

function readDelete(file: string, body: readonly string[]): PatchPart | Problem {
  const at = body.findIndex((line) => line.trim() !== '');
  return at === -1 ? { type: 'delete', file } : { problem: 'Nothing comes after "*** Delete File: …".', at };
}

function readUpdate(file: string, body: readonly string[]): PatchPart | Problem {
  const moveTo = /^\*\*\* Move to: (.+)$/.exec(body[0] ?? '')?.[1]?.trim();
  const content = withoutBlankEnd(body);
  const chunks: PatchChunk[] = [];
  let anchors: string[] = [];
  let lines: PatchChunk['lines'][number][] = [];
  let atEnd = false;
  const close = (): void => {
    if (lines.length > 0) chunks.push({ anchors, lines, atEnd });
    if (lines.length > 0) anchors = [];
    lines = [];
    atEnd = false;
  };
  for (let at = moveTo === undefined ? 0 : 1; at < content.length; at += 1) {
    const line = content[at] as string;
    if (/^@@/.test(line)) {
      close();
      // Line numbers, as in a diff, are of no use: only text places a change.
      const anchor = line.slice(2).replace(/^ -\d+(,\d+)? \+\d+(,\d+)? @@/, '').trim();
      if (anchor !== '') anchors.push(anchor);
    } else if (line.trimEnd() === '*** End of File') {
      if (lines.length === 0) return { problem: '"*** End of File" comes after the lines of a change.', at };
      atEnd = true;
      close();
    } else if (line.startsWith('*** ')) return { problem: `${quote(line)} is not part of the format here.`, at };
    else if (line === '' || line.startsWith(' ')) lines.push({ type: 'keep', text: line.slice(1) });
    else if (line.startsWith('-')) lines.push({ type: 'remove', text: line.slice(1) });
    else if (line.startsWith('+')) lines.push({ type: 'add', text: line.slice(1) });
    else return { problem: `A line of a change begins with " " (stays), "-" (goes) or "+" (comes): ${quote(line)}.`, at };
  }
  close();
  if (anchors.length > 0) return { problem: 'After the last "@@" there are no lines.', at: content.length - 1 };
  if (chunks.length === 0 && moveTo === undefined) return { problem: `No change is given for ${file}.`, at: 0 };
  return { type: 'update', file, moveTo, chunks };
}

/** Blank lines before the next part belong to nobody. */
function withoutBlankEnd(lines: readonly string[]): readonly string[] {
  let end = lines.length;
  while (end > 0 && (lines[end - 1] as string) === '') end -= 1;
  return lines.slice(0, end);
}

function quote(line: string | undefined): string {
  return JSON.stringify((line ?? '').slice(0, 120));
}
