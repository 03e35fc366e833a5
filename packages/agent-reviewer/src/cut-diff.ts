/** The part of a diff that is shown, and what is left out of it. */
export interface ShownDiff {
  readonly text: string;
  /** Files of which a part is left out. */
  readonly cut: readonly string[];
}

/** A diff within so many characters: every file gets its share, and what a short one leaves goes to the long ones. */
export function cutDiff(diff: string, most: number): ShownDiff {
  if (diff.length <= most) return { text: diff, cut: [] };
  const sections = diff.split(/(?<=\n)(?=diff --git )/);
  const share = shareOf(sections.map((section) => section.length), most);
  const cut: string[] = [];
  const shown = sections.map((section) => {
    if (section.length <= share) return section;
    const name = nameOf(section);
    cut.push(name);
    const lines = section.split('\n');
    const head = fitting(lines, share - 120);
    return `${head.join('\n').slice(0, share).toWellFormed()}\n[… ${lines.length - head.length} of ${lines.length} lines of ${name} are left out: call diff with its path …]\n`;
  });
  return { text: shown.join(''), cut };
}

/** The size up to which all are whole or cut to it, so that together they fit. */
function shareOf(sizes: readonly number[], most: number): number {
  let [left, open] = [most, sizes.length];
  for (const size of sizes.toSorted((one, other) => one - other)) {
    const share = Math.floor(left / open);
    if (size > share) return Math.max(200, share);
    left -= size;
    open -= 1;
  }
  return most;
}

function fitting(lines: readonly string[], room: number): readonly string[] {
  let size = 0;
  const end = lines.findIndex((line) => (size += line.length + 1) > room);
  return lines.slice(0, Math.max(1, end));
}

function nameOf(section: string): string {
  const name = /^\+\+\+ (?:"?b\/)?(.*?)"?\t?$/m.exec(section)?.[1];
  return name !== undefined && name !== '/dev/null' ? name : (/^diff --git "?a\/(.*?)"? "?b\//.exec(section)?.[1] ?? 'a file');
}
