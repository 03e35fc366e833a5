import { describe, expect, it } from 'vitest';
import { jsonLine } from '../src/json-line.ts';

describe('jsonLine', () => {
  it('says the same without anything a terminal would obey', () => {
    const value = { text: 'a\u001b[2J\u009b2J\u202eb\u2028c\nd größe 🎉' };
    const line = jsonLine(value);
    expect(JSON.parse(line)).toEqual(value);
    expect(line).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202e\u2028]*\n$/);
    expect(line).toContain('größe 🎉');
  });
});
