/** One file that is different in two trees. */
export interface Comparison {
  /** In the newer tree; of a deleted file in the older one. */
  readonly file: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed';
  /** The name that a renamed file had. */
  readonly from?: string;
  /** Without lines around them; none for what is no text. */
  readonly hunks: readonly Hunk[];
}

/** Lines that stand in place of others. Numbers are 1-based; with a count of 0 they name the line before. */
export interface Hunk {
  readonly header: string;
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** With `-` or `+` before each. */
  readonly lines: readonly string[];
}

/** Joins git's `--raw -z` list with the patch of the same comparison, read as Latin-1; both name files in the same order. */
export function parseComparison(raw: string, patch: string): readonly Comparison[] {
  const fields = raw.split('\0');
  // Not with the flag `m`, for which a carriage return inside a line of the file starts a line as well.
  const sections = patch.split(/(?<=\n)(?=diff --git )/);
  const found: Comparison[] = [];
  let next = 0;
  for (let index = 0; index + 1 < fields.length;) {
    const letter = fields[index]?.split(' ')[4]?.[0] ?? '';
    const isRename = letter === 'R' || letter === 'C';
    const [first = '', second = ''] = [fields[index + 1], fields[index + 2]];
    index += isRename ? 3 : 2;
    // A file that became a link, or the other way round, is deleted and made anew: two sections.
    if (letter === 'T') next += 1;
    const hunks = parseHunks(sections[next] ?? '');
    next += 1;
    if (isRename) found.push({ file: second, status: 'renamed', from: first, hunks });
    else found.push({ file: first, status: letter === 'A' ? 'added' : letter === 'D' ? 'deleted' : 'modified', hunks });
  }
  return found;
}

function parseHunks(section: string): readonly Hunk[] {
  const hunks: (Hunk & { lines: string[] })[] = [];
  for (const line of section.split('\n')) {
    const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (head !== null) {
      const [header, oldStart, oldLines = '1', newStart, newLines = '1'] = head;
      hunks.push({ header, oldStart: Number(oldStart), oldLines: Number(oldLines), newStart: Number(newStart), newLines: Number(newLines), lines: [] });
    } else if (/^[-+\\]/.test(line)) hunks.at(-1)?.lines.push(Buffer.from(line, 'latin1').toString('utf8'));
  }
  return hunks;
}
