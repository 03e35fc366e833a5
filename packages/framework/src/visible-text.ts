// Control characters but line ends and tabs, and what reorders or hides text: bidirectional marks, zero-width characters, separators, tags,
// halves of characters.
const hidden = /[\p{Surrogate}\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/**
 * Text of a model, a tool or a file as a page may show it: what a reader could not see, or what would move other text, is written
 * out as `⟨U+202E⟩`. Everything else is as it was.
 */
export function visibleText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(hidden, (character) => `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}
