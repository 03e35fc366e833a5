/** A line that a diff adds or takes away, with its number in the newer file; for a removed one that of the line now there. */
export interface ChangedLine {
  readonly line: number;
  readonly text: string;
}

export interface FileLines {
  readonly added: readonly ChangedLine[];
  readonly removed: readonly ChangedLine[];
}

/** The changed lines of a patch in git's format, by the newer name of each file. What does not belong to a hunk is passed over. */
export function changedLines(patch: string): ReadonlyMap<string, FileLines> {
  const files = new Map<string, { readonly added: ChangedLine[]; readonly removed: ChangedLine[] }>();
  let current: { readonly added: ChangedLine[]; readonly removed: ChangedLine[] } | undefined;
  let before: string | undefined;
  let line = 0;
  let left = { old: 0, new: 0 };
  for (const row of patch.split(/\r?\n/)) {
    if (left.old > 0 || left.new > 0) {
      const sign = row[0];
      if (sign === '\\') continue;
      if (sign === '+' || sign === '-' || sign === ' ' || row === '') {
        if (sign === '+') current?.added.push({ line, text: row.slice(1) });
        if (sign === '-') current?.removed.push({ line: Math.max(1, line), text: row.slice(1) });
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
    } else if (row.startsWith('--- ')) {
      before = fileName(row.slice(4), 'a/');
    } else if (row.startsWith('+++ ')) {
      // A deleted file goes by the name it had.
      const file = fileName(row.slice(4), 'b/') ?? before;
      current = file === undefined ? undefined : (files.get(file) ?? { added: [], removed: [] });
      if (file !== undefined && current !== undefined) files.set(file, current);
    }
  }
  return files;
}

function fileName(header: string, prefix: string): string | undefined {
  const path = unquote(header.replace(/\t.*$/, ''));
  if (path === '/dev/null') return undefined;
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
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
