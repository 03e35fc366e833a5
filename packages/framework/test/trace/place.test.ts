import { describe, expect, test } from 'vitest';
import { readPlace } from '../../src/trace/place.ts';
import { linesBefore } from '../../src/trace/writing-steps.ts';

const known = new Set(['src/a.ts', 'odd:3', 'odd:3:4', 'a b/c:d.ts', 'back\\slash.js']);

describe('a place', () => {
  test.each([
    ['src/a.ts', 'src/a.ts', undefined], ['src/a.ts:12', 'src/a.ts', 12], ['src/a.ts:12:5', 'src/a.ts', 12], ['./src/a.ts:1', 'src/a.ts', 1], ['.//src//a.ts', 'src/a.ts', undefined], ['src/../src/a.ts:2', 'src/a.ts', 2],
    ['src\\a.ts:7', 'src/a.ts', 7], ['.\\src\\a.ts', 'src/a.ts', undefined], ['/home/me/project/src/a.ts:3', 'src/a.ts', 3],
    ['odd:3', 'odd:3', undefined], ['odd:3:4', 'odd:3:4', undefined], ['odd:3:9', 'odd:3', 9], ['a b/c:d.ts:4', 'a b/c:d.ts', 4], ['back\\slash.js:2', 'back\\slash.js', 2],
  ])('is read from %s', (text, file, line) => {
    expect(readPlace(text, known, '/home/me/project')).toEqual({ file, line });
  });

  test('is read from whole paths of Windows, whichever case the drive has', () => {
    expect(readPlace('c:\\Work\\src\\a.ts:3', known, 'C:\\Work')).toEqual({ file: 'src/a.ts', line: 3 });
  });

  test.each([['b.ts', 'Name it relative'], ['lib/a.ts:3', 'Did you mean src/a.ts?'], ['', 'no file ""'], ['../../src/a.ts', 'Did you mean'], ['/etc/passwd:1', 'no file "/etc/passwd"'], ['src/a.ts:x', 'no file "src/a.ts:x"']])('that is none is refused: %s', (text, said) => {
    expect(() => readPlace(text, known, '/home/me/project')).toThrow(expect.objectContaining({ code: 'FW_PLACE_UNKNOWN', message: expect.stringContaining(said) as string }));
  });

  test('is followed back over hunks that add, delete and replace', () => {
    const hunk = (oldStart: number, oldLines: number, newStart: number, newLines: number): Parameters<typeof linesBefore>[1][number] => ({ header: '', oldStart, oldLines, newStart, newLines, lines: [] });
    // Line 2 was deleted, two lines came in behind what was 4, and 7 and 8 became one.
    const hunks = [hunk(2, 1, 1, 0), hunk(4, 0, 4, 2), hunk(7, 2, 8, 1)];
    expect(linesBefore([1, 2, 3, 4, 5, 6, 7, 8, 9], hunks)).toEqual([1, 3, 4, undefined, undefined, 5, 6, undefined, 9]);
  });
});
