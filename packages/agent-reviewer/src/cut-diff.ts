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
  const open = sections.slice(0, mostShown(sections, share, most));
  const shown = open.map((section) => {
    if (section.length <= share) return section;
    const name = nameOf(section);
    cut.push(name);
    const lines = section.split('\n');
    const head = fitting(lines, share - 120);
    return `${head.join('\n').slice(0, share).toWellFormed()}\n[… ${lines.length - head.length} of ${lines.length} lines of ${name} are left out: call diff with its path …]\n`;
  });
  const hidden = sections.slice(open.length).map(nameOf);
  if (hidden.length > 0) shown.push(`[… ${hidden.length} of ${sections.length} changed files are left out: call diff with stat for all, and with the path of one …]\n`);
  const named = hidden.slice(0, mostNamed);
  return { text: shown.join(''), cut: [...cut, ...named, ...(hidden.length > named.length ? [`${hidden.length - named.length} more files`] : [])] };
}

/** Of a file less says nothing. */
const leastShare = 200;
/** Files left out altogether that are named. */
const mostNamed = 100;

/** How many files from the first on have room, each with its share. */
function mostShown(sections: readonly string[], share: number, most: number): number {
  let left = most;
  const end = sections.findIndex((section) => (left -= Math.min(section.length, share)) < 0);
  return end === -1 ? sections.length : Math.max(1, end);
}

/** The size up to which all are whole or cut to it, so that together they fit. */
function shareOf(sizes: readonly number[], most: number): number {
  let [left, open] = [most, sizes.length];
  for (const size of sizes.toSorted((one, other) => one - other)) {
    const share = Math.floor(left / open);
    if (size > share) return Math.max(leastShare, share);
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
