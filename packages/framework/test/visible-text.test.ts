import { expect, test } from 'vitest';
import { visibleText } from '@fw/framework/visible-text';

test.each([
  ['plain words, ümläüt and 漢字\n\tstay', 'plain words, ümläüt and 漢字\n\tstay'],
  ['a\u202Eb', 'a⟨U+202E⟩b'],
  ['\u001b[31mred', '⟨U+001B⟩[31mred'],
  ['zero\u200bwidth\ufeff', 'zero⟨U+200B⟩width⟨U+FEFF⟩'],
  ['tag\u{e0041}', 'tag⟨U+E0041⟩'],
  ['half \ud800', 'half ⟨U+D800⟩'],
  ['lines\r\nof windows\r', 'lines\nof windows⟨U+000D⟩'],
])('%j becomes %j', (text, visible) => {
  expect(visibleText(text)).toBe(visible);
});
