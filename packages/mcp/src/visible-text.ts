/** The text with control, bidirectional and invisible characters written as `\u202e`; tabs and line breaks stay. */
export function visibleText(text: string): string {
  return text.toWellFormed().replaceAll(/(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115F\u1160\u2800\u3164\uFFA0]/gu, (found) =>
    found === '\r' ? '' : Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** The beginning of a text, with how much is missing. */
export function shortText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const start = text.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, '');
  return `${start} …[+${text.length - start.length} characters]`;
}
