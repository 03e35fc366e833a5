import { type EditsAnswer, maxExplained } from './apply-edits.ts';
import { explainMiss } from './explain-miss.ts';
import { maxShownHits, type TextEdit } from './find-match.ts';
import { createLineIndex, type LineIndex } from './line-index.ts';
import { type LineLevel, lineLevels } from './line-levels.ts';
import type { PatchChunk } from './parse-patch.ts';
import { lineContents, splitLines, type TextLine } from './text-lines.ts';

/** Where the lines of a chunk stand, and what its added lines are there. */
interface Place {
  readonly level: 'exact' | LineLevel['name'];
  readonly first: number;
  readonly added: readonly string[];
}

/**
 * Applies the chunks of one update to a text, all or none. Each is looked for in the text as it is, by the levels of
 * `findMatch` and with whole lines: exactly one place may fit. An anchor narrows the search to the block below it; it
 * never stands for lines that are not there. Lines that stay keep the bytes that they have.
 */
export function applyChunks(file: string, text: string, chunks: readonly PatchChunk[]): EditsAnswer {
  const lines = splitLines(text);
  const lineIndex = createLineIndex(lines);
  const failures: { readonly code: 'not_found' | 'ambiguous' | 'no_change'; readonly message: string }[] = [];
  const notes: string[] = [];
  const placed: { readonly chunk: PatchChunk; readonly place: Place; readonly name: string }[] = [];
  for (const [index, chunk] of chunks.entries()) {
    const name = chunks.length === 1 ? 'The change' : `Change ${index + 1} of ${chunks.length}`;
    const found = findPlace(lines, lineIndex, chunk);
    if ('code' in found) {
      const explained = found.code === 'not_found' && failures.length < maxExplained ? ` ${explainMiss(text, asEdit(chunk))}` : '';
      failures.push({ code: found.code, message: `${name}: ${found.message}${explained}` });
    }
    else {
      if (found.level !== 'exact') notes.push(`${name} matched but for its ${found.level}.`);
      placed.push({ chunk, place: found, name });
    }
  }
  placed.sort((a, b) => a.place.first - b.place.first);
  for (const [index, { chunk, place, name }] of placed.entries()) {
    const next = placed[index + 1];
    if (next !== undefined && place.first + oldLines(chunk).length > next.place.first)
      failures.push({ code: 'ambiguous', message: `${name} and ${next.name.toLowerCase()} overlap at line ${next.place.first + 1}: make one change of them.` });
  }
  const [failure] = failures;
  if (failure !== undefined) {
    return {
      status: 'refused',
      code: failures.find(({ code }) => code === 'ambiguous')?.code ?? failure.code,
      message: [`Nothing was written to ${file}.`, ...failures.map(({ message }) => message)].join('\n'),
    };
  }
  const result = replaceLines(text, lines, placed);
  if (result.text === text) return { status: 'refused', code: 'no_change', message: `Nothing was written to ${file}: the changes leave it as it is.` };
  return { status: 'applied', text: result.text, hunks: result.hunks, notes };
}

function oldLines(chunk: PatchChunk): readonly string[] {
  return chunk.lines.flatMap(({ type, text }) => (type === 'add' ? [] : [text]));
}

function findPlace(lines: readonly TextLine[], lineIndex: LineIndex, chunk: PatchChunk): Place | { readonly code: 'not_found' | 'ambiguous'; readonly message: string } {
  const old = oldLines(chunk);
  const added = chunk.lines.flatMap((line) => (line.type === 'add' ? [line.text] : []));
  if (old.length === 0) {
    if (chunk.atEnd || lines.length === 0) return { level: 'exact', first: lines.length, added };
    return { code: 'ambiguous', message: 'it only adds lines and does not say where. Give the lines before or after them, beginning with a blank.' };
  }
  const scope = scopeOf(lines, chunk.anchors);
  if ('problem' in scope) {
    const what = scope.problem === 'not_found' ? 'was not found' : `stands at more than ${maxAnchors} places`;
    return { code: scope.problem, message: `the line after "@@" ${what}: ${JSON.stringify(scope.anchor)}. Copy a line that names the place, or leave it out.` };
  }
  const levels: readonly Level[] = [exactly, ...(old.filter((line) => line.trim() !== '').length < 2 ? [] : lineLevels)];
  const fresh = added.map((line) => `${line}\n`).join('');
  for (const level of levels) {
    const candidates = lineIndex.candidates(old, level.key).filter((first) => !chunk.atEnd || first + old.length === lines.length);
    const fitting = (within: boolean, most: number): readonly Place[] => {
      const hits: Place[] = [];
      for (const first of candidates) {
        if (scope.contains(first) !== within) continue;
        const there = level.fit(lines, first, old, fresh);
        if (there !== undefined) hits.push({ level: level.name, first, added: there });
        if (hits.length === most) break;
      }
      return hits;
    };
    const hits = fitting(true, maxShownHits + 1);
    const [hit, ...others] = hits;
    if (hit !== undefined && others.length === 0) return hit;
    if (hit !== undefined) {
      const places = hits.length > maxShownHits ? `more than ${maxShownHits}` : hits.length;
      return { code: 'ambiguous', message: `its lines stand at ${places} places (lines ${shownLines(hits)}). Add lines around them until they are unique, or name the function or class above with "@@".` };
    }
    // A looser reading inside the anchor's block must not win over the same lines elsewhere: one of the two is stale.
    const elsewhere = fitting(false, 5);
    if (elsewhere.length > 0) return { code: 'not_found', message: `its lines are not below ${JSON.stringify(chunk.anchors.join(' / '))}; they stand at line ${shownLines(elsewhere)}. Read the file again.` };
  }
  return { code: 'not_found', message: 'its lines were not found.' };
}

type Level = Pick<LineLevel, 'key' | 'fit'> & { readonly name: Place['level'] };

const exactly: Level = { name: 'exact', key: (line) => line, fit: fitExact };

function shownLines(hits: readonly Place[]): string {
  return hits.slice(0, maxShownHits).map(({ first }) => first + 1).join(', ');
}

function asEdit({ lines }: PatchChunk): TextEdit {
  const textOf = (left: 'add' | 'remove'): string => lines.flatMap(({ type, text }) => (type === left ? [] : [text])).join('\n');
  return { old: textOf('add'), new: textOf('remove'), all: false };
}

function fitExact(file: readonly TextLine[], first: number, old: readonly string[], fresh: string): readonly string[] | undefined {
  return old.every((line, index) => file[first + index]?.content === line) ? lineContents(fresh) : undefined;
}

/** A line that stands more often names no place. */
const maxAnchors = 50;

/** The lines below the anchors: each leads into the block under it, or to the rest of the block that it stands in. */
function scopeOf(lines: readonly TextLine[], anchors: readonly string[]): { contains(line: number): boolean } | { readonly problem: 'not_found' | 'ambiguous'; readonly anchor: string } {
  let ranges: readonly (readonly [number, number])[] = [[0, lines.length]];
  for (const anchor of anchors) {
    const within = (isAnchor: (line: string) => boolean): readonly number[] => {
      const found = new Set<number>();
      for (const [start, end] of ranges) for (let at = start; at < end && found.size <= maxAnchors; at += 1) if (isAnchor((lines[at]?.content ?? '').trim())) found.add(at);
      return [...found];
    };
    const whole = within((line) => line === anchor);
    // `class A` for `class A extends B {`, but never for `class Ab`.
    const places = whole.length > 0 ? whole : within((line) => line.startsWith(anchor) && !/^\w/.test(line.slice(anchor.length)));
    if (places.length === 0) return { problem: 'not_found', anchor };
    if (places.length > maxAnchors) return { problem: 'ambiguous', anchor };
    ranges = places.map((at) => blockBelow(lines, at));
  }
  const inScope = new Uint8Array(lines.length);
  for (const [start, end] of ranges) inScope.fill(1, start, end);
  return { contains: (line) => inScope[line] === 1 };
}

/** From an anchor to the line that closes its block; the anchor itself may be repeated as the first line of context. */
function blockBelow(lines: readonly TextLine[], anchor: number): readonly [number, number] {
  const indent = indentOf(lines[anchor]?.content ?? '');
  const isBlank = (index: number): boolean => (lines[index]?.content ?? '').trim() === '';
  let next = anchor + 1;
  while (next < lines.length && isBlank(next)) next += 1;
  const opens = indentOf(lines[next]?.content ?? '') > indent;
  let end = next;
  while (end < lines.length && (isBlank(end) || indentOf(lines[end]?.content ?? '') > indent - (opens ? 0 : 1))) end += 1;
  const closes = /^\s*[\])}]/.test(lines[end]?.content ?? '');
  return [anchor, Math.min(closes ? end + 1 : end, lines.length)];
}

function indentOf(line: string): number {
  return /^[ \t]*/.exec(line)?.[0].replaceAll('\t', '    ').length ?? 0;
}

function replaceLines(
  text: string,
  lines: readonly TextLine[],
  placed: readonly { readonly chunk: PatchChunk; readonly place: Place }[],
): { readonly text: string; readonly hunks: readonly string[] } {
  const common = lines.find(({ end }) => end !== '')?.end ?? '\n';
  const fresh: { content: string; end: string }[] = [];
  const hunks: string[] = [];
  let done = 0;
  for (const { chunk, place } of placed) {
    fresh.push(...lines.slice(done, place.first));
    const hunk = [`@@ line ${place.first + 1} @@`];
    let at = place.first;
    let next = 0;
    for (const { type } of chunk.lines) {
      const there = lines[at];
      if (type === 'add') {
        const content = place.added[next] ?? '';
        next += 1;
        fresh.push({ content, end: (lines[Math.max(0, at - 1)]?.end || there?.end) ?? common });
        hunk.push(`+${content}`);
        continue;
      }
      at += 1;
      if (there === undefined) continue;
      if (type === 'keep') fresh.push(there);
      hunk.push(`${type === 'keep' ? ' ' : '-'}${there.content}`);
    }
    hunks.push(hunk.join('\n'));
    done = at;
  }
  fresh.push(...lines.slice(done));
  const hasLastEnd = lines.length === 0 || lines.at(-1)?.end !== '';
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  return {
    hunks,
    text: mark + fresh.map(({ content, end }, index) => content + (index < fresh.length - 1 ? end || common : hasLastEnd ? end || common : '')).join(''),
  };
}
