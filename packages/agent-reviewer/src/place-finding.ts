import type { AddedLine } from './added-lines.ts';
import type { ReviewFinding } from './review.ts';

/** A quote with fewer letters and digits fits almost anywhere: its line has to be right as well. */
const tellingCharacters = 4;

/** Where a finding's quote stands among the added lines of its file; undefined when the place is invented. */
export function placeFinding(finding: ReviewFinding, lines: readonly AddedLine[]): number | undefined {
  const quoted = finding.quote.split(/\r?\n/).map(normalize).filter((row) => row !== '');
  if (quoted.length === 0) return undefined;
  const rows = lines.map(({ line, text }) => ({ line, text: normalize(text) })).filter((row) => row.text !== '');
  const isTelling = (quoted.join('').match(/[\p{L}\p{N}_]/gu) ?? []).length >= tellingCharacters;
  const starts = rows.filter((row, index) => quoted.every((part, offset) => matches(rows[index + offset]?.text, part)) && (isTelling || row.line === finding.line));
  return starts.map(({ line }) => line).sort((left, right) => Math.abs(left - finding.line) - Math.abs(right - finding.line))[0];
}

/** Models like to copy the diff's own mark as well. */
function matches(text: string | undefined, quoted: string): boolean {
  return text !== undefined && (text.includes(quoted) || (/^\+./.test(quoted) && text.includes(quoted.slice(1).trim())));
}

function normalize(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
