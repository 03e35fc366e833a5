import { stripVTControlCharacters } from 'node:util';

// Control characters but line ends, and what reorders or hides text: bidirectional marks, zero-width characters, separators,
// halves of characters.
const hidden = /[\p{Surrogate}\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/** Text of a model, a tool or a file as it may reach a terminal: no escape sequence, nothing that moves or hides. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n').replaceAll('\t', ' ')).replace(hidden, '');
}

/** The same on one line of at most `length` characters. */
export function plainLine(text: string, length: number = 2000): string {
  const line = plainText(text.slice(0, length * 4)).replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
