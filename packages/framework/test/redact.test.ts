import { expect, test } from 'vitest';
import { createRedactor } from '../src/redact.ts';

test('takes secrets out of texts, names and everything nested, also those it learns of later', () => {
  const { add, redact } = createRedactor();
  const value = { 'key sk-first-123': ['sk-first-123 and sk-second-456', { deep: 'sk-second-456' }], number: 1, nothing: null };
  expect(redact(value)).toEqual(value);
  add(['sk-first-123']);
  add(['sk-second-456']);
  expect(redact(value)).toEqual({ 'key [redacted]': ['[redacted] and [redacted]', { deep: '[redacted]' }], number: 1, nothing: null });
});

test('leaves short values alone, which would take harmless text with them', () => {
  const { add, redact } = createRedactor();
  add(['', 'abc']);
  expect(redact('abc')).toBe('abc');
});
