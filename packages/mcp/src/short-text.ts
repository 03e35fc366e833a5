/** The beginning of a text, with how much is missing. */
export function shortText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const start = text.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, '');
  return `${start} …[+${text.length - start.length} characters]`;
}
