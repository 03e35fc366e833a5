import { signLine } from './signed-lines.ts';

/** The lines as our reporter wrote them, up to the first that it did not write. */
export function openSignedLines(text: string, secret: string): { readonly text: string; readonly whole: boolean } {
  const lines: string[] = [];
  let last = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const content = line.slice(65);
    last = signLine(secret, last, content);
    if (line.slice(0, 65) !== `${last} `) return { text: lines.join('\n'), whole: false };
    lines.push(content);
  }
  return { text: lines.join('\n'), whole: true };
}
