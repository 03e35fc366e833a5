/** Cuts a text to a number of characters and says how many are missing. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit)}… [${text.length - limit} more characters]`;
}

/** The end of a text, for output whose last lines say what went wrong. */
export function clipStart(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `[${text.length - limit} characters before] …${text.slice(-limit)}`;
}
