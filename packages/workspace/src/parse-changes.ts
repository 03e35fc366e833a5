import type { FileChange } from '@fw/agents-core';

/** Joins git's `--raw -z` list with the hunks of the same comparison; both name files in the same order. */
export function parseChanges(raw: string, hunks: string): readonly FileChange[] {
  const fields = raw.split('\0');
  // Not with the flag `m`, for which a carriage return inside a line of the file starts a line as well.
  const sections = hunks.split(/(?<=\n)(?=diff --git )/);
  const changes: FileChange[] = [];
  let next = 0;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const letter = fields[index]?.split(' ')[4]?.[0];
    // A file that became a link, or the other way round, is deleted and made anew: two sections.
    if (letter === 'T') next += 1;
    changes.push({
      file: fields[index + 1] as string,
      status: letter === 'A' ? 'added' : letter === 'D' ? 'deleted' : 'modified',
      lines: letter === 'D' ? [] : addedLines(sections[next] ?? ''),
    });
    next += 1;
  }
  return changes;
}

function addedLines(section: string): readonly number[] {
  const lines: number[] = [];
  for (const [, start, count] of section.matchAll(/\n@@ -\S+ \+(\d+)(?:,(\d+))? @@/g)) {
    for (let line = 0; line < Number(count ?? 1); line += 1) lines.push(Number(start) + line);
  }
  return lines;
}
