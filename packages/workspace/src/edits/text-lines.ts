/** One line of a text and where it stands. A byte order mark is no part of the first line. */
export interface TextLine {
  readonly start: number;
  readonly content: string;
  readonly end: '' | '\n' | '\r\n';
}

export function splitLines(text: string): readonly TextLine[] {
  const lines: TextLine[] = [];
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf('\n', start);
    const stop = feed === -1 ? text.length : feed;
    const end = feed === -1 ? '' : feed > start && text[feed - 1] === '\r' ? '\r\n' : '\n';
    const mark = start === 0 && text.startsWith('\uFEFF') ? 1 : 0;
    lines.push({ start: start + mark, content: text.slice(start + mark, end === '\r\n' ? stop - 1 : stop), end });
    start = feed === -1 ? text.length : feed + 1;
  }
  return lines;
}

export function lineContents(text: string): readonly string[] {
  return splitLines(text).map((line) => line.content);
}

export function withLineEnd(text: string, end: '\n' | '\r\n'): string {
  return text.replaceAll(/\r?\n/g, end);
}

/** Without blanks at the end; a loop, because a pattern takes quadratic time on long runs of blanks. */
export function trimBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line.slice(0, end);
}

/** 1-based number of the line that an offset stands in. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
