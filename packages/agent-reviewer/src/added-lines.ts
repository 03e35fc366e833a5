/** A line that a diff adds, with its number in the newer file. */
export interface AddedLine {
  readonly line: number;
  readonly text: string;
}

/** The added lines of a patch in git's format, by file. What does not belong to a hunk is passed over. */
export function addedLines(patch: string): ReadonlyMap<string, readonly AddedLine[]> {
  const files = new Map<string, AddedLine[]>();
  let current: AddedLine[] | undefined;
  let line = 0;
  let left = { old: 0, new: 0 };
  for (const row of patch.split(/\r?\n/)) {
    if (left.old > 0 || left.new > 0) {
      const sign = row[0];
      if (sign === '\\') continue;
      if (sign === '+' || sign === '-' || sign === ' ' || row === '') {
        if (sign === '+') current?.push({ line, text: row.slice(1) });
        if (sign !== '-') line++;
        left = { old: left.old - (sign === '+' ? 0 : 1), new: left.new - (sign === '-' ? 0 : 1) };
        continue;
      }
      // The patch was cut here.
      left = { old: 0, new: 0 };
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(row);
    if (hunk !== null) {
      line = Number(hunk[2]);
      left = { old: Number(hunk[1] ?? 1), new: Number(hunk[3] ?? 1) };
    } else if (row.startsWith('+++ ')) {
      current = fileLines(files, row.slice(4));
    }
  }
  return files;
}

function fileLines(files: Map<string, AddedLine[]>, header: string): AddedLine[] | undefined {
  const path = unquote(header.replace(/\t.*$/, ''));
  if (path === '/dev/null') return undefined;
  const file = path.replace(/^b\//, '');
  const lines = files.get(file) ?? [];
  files.set(file, lines);
  return lines;
}

/** Git writes unusual names in quotes, their bytes as octal escapes. */
function unquote(path: string): string {
  if (!path.startsWith('"')) return path;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [, octal, escaped, plain] of path.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...encoder.encode(plain ?? ({ n: '\n', t: '\t', r: '\r' }[escaped ?? ''] ?? escaped)));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
