/**
 * The lines of a file that declare one test, by indentation: from the line with its name up to where the text comes
 * back to that indentation. The whole file when the name stands nowhere or at several places.
 */
export function testBlock(text: string, name: string): string {
  const lines = linesOf(text);
  const starts = lines.flatMap((line, index) => (declares(line, name) ? [index] : []));
  const [start] = starts;
  if (start === undefined || starts.length > 1) return lines.join('\n').trimEnd();
  const depth = indentation(lines[start] ?? '');
  let end = start + 1;
  while (end < lines.length && (lines[end]?.trim() === '' || indentation(lines[end] ?? '') > depth)) end++;
  // What closes the test stands as deep as what opens it.
  if (/^\s*[)}\]]/.test(lines[end] ?? '')) end++;
  return lines.slice(start, end).join('\n').trimEnd();
}

/** Whether a text still has these lines, as a whole and word for word. */
export function hasBlock(text: string, block: string): boolean {
  return `\n${linesOf(text).join('\n')}\n`.includes(`\n${block}\n`);
}

function declares(line: string, name: string): boolean {
  return ['\'', '"', '`'].some((quote) => line.includes(quote + name + quote)) || new RegExp(`^\\s*(async\\s+)?def\\s+${escape(name)}\\s*\\(`).test(line);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => line.trimEnd());
}
