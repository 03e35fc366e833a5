/**
 * The first line by which a text stands for code that was left out ("// ... rest of the code"), with its number.
 * Lines of `before` are not meant: they stood in the file already.
 */
export function findPlaceholder(content: string, before: string): { readonly line: number; readonly text: string } | undefined {
  const known = new Set(before.split(/\r?\n/).map((line) => line.trim()));
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    const text = line.trim();
    const comment = text.length < 200 ? /^(?:\/\/|#|\/\*+|\{\/\*|<!--|--|\*|;|%)\s*(.*?)\s*(?:\*\/\}?|-->)?$/.exec(text)?.[1] : undefined;
    if (comment !== undefined && !known.has(text) && isPlaceholder(comment)) return { line: index + 1, text };
  }
  return undefined;
}

function isPlaceholder(comment: string): boolean {
  const what = String.raw`(?:code|file|function|class|method|methods|implementation|content|component|logic|imports|tests|functions|lines)`;
  const subject = new RegExp(
    String.raw`\b(?:rest of (?:the |your |this )?${what}|(?:existing|remaining|previous|other|original|unchanged) ${what})\b`,
    'i',
  );
  if (/^[([]?\s*(?:\.{3}|…)/.test(comment) || /(?:\.{3}|…)\s*[)\]]?$/.test(comment)) {
    return subject.test(comment) || /\b(?:unchanged|same as (?:before|above)|omitted|as before|remains? the same)\b/i.test(comment);
  }
  return new RegExp(
    `${subject.source}\\s+(?:here|goes here|unchanged|omitted|as before|(?:is|are|remains?|stays?) (?:unchanged|the same|as (?:is|before)))\\.?$`,
    'i',
  ).test(comment);
}
