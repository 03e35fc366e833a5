import { visibleText } from '@fw/agents-core';
import type { ChangedLine, FileLines } from './changed-lines.ts';
import type { ReviewFinding } from './review-input.ts';

/** Lines of the newer file that a finding is about. */
export interface Place {
  readonly line: number;
  readonly end: number;
}

/** A quote with fewer letters and digits fits almost anywhere: its line has to be right as well. */
const tellingCharacters = 4;

/**
 * Where a finding's quote stands among the lines that the change added, or, when it says so, took away; undefined when
 * the place is invented. A removed line that was put back elsewhere in the file was moved, not taken away.
 */
export function placeFinding(finding: ReviewFinding, { added, removed }: FileLines): Place | undefined {
  const quoted = finding.quote.split(/\r?\n/).map(normalize).filter((row) => row !== '');
  if (quoted.length === 0) return undefined;
  const there = new Set(added.map(({ text }) => normalize(text)));
  const rows = rowsOf(finding.removed ? removed : added).filter(({ text }) => !finding.removed || !there.has(text));
  const isTelling = (quoted.join('').match(/[\p{L}\p{N}_]/gu) ?? []).length >= tellingCharacters;
  const places = rows.flatMap((row, index) => {
    const found = quoted.map((part, offset) => (matches(rows[index + offset]?.text, part) ? rows[index + offset] : undefined));
    return found.every((one) => one !== undefined) && (isTelling || row.line === finding.line) ? [{ line: row.line, end: found.at(-1)?.line ?? row.line }] : [];
  });
  return places.sort((left, right) => Math.abs(left.line - finding.line) - Math.abs(right.line - finding.line))[0];
}

function rowsOf(lines: readonly ChangedLine[]): readonly ChangedLine[] {
  return lines.map(({ line, text }) => ({ line, text: normalize(text) })).filter((row) => row.text !== '');
}

/** Models like to copy the diff's own mark as well. */
function matches(text: string | undefined, quoted: string): boolean {
  return text !== undefined && (text.includes(quoted) || (/^[+-]/.test(quoted) && text.includes(quoted.slice(1).trim())));
}

/** As the model was shown it, blanks aside. */
function normalize(text: string): string {
  return visibleText(text).replace(/\s+/g, ' ').trim();
}
