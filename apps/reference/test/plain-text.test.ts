import { describe, expect, it } from 'vitest';
import { plainLine, plainText } from '../src/plain-text.ts';

describe('plainText', () => {
  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['a window title', 'a\u001b]0;owned\u0007b', 'ab'],
    ['a link', '\u001b]8;;https://evil.example\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['eight-bit sequences', 'a\u009b2Jb', 'ab'],
    ['a broken sequence', 'a\u001b', 'a'],
    ['carriage return and backspace', 'secret\rok\b\b', 'secretok'],
    ['text that runs backwards', 'a\u202eb\u2066c', 'abc'],
    ['zero-width characters', 'a\u200bb\ufeff', 'ab'],
    ['halves of characters', 'a\ud800b', 'ab'],
  ])('takes out %s', (_name, text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('keeps lines, letters of all languages and emoji', () => {
    expect(plainText('größe\n日本語 🎉\r\nعربى')).toBe('größe\n日本語 🎉\nعربى');
  });
});

describe('plainLine', () => {
  it('makes one line of at most the given length', () => {
    expect(plainLine(' a\n\tb  c ')).toBe('a b c');
    expect(plainLine('x'.repeat(5_000_000), 10)).toBe('xxxxxxxxx…');
  });
});
