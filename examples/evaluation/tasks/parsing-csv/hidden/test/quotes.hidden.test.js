import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCsv } from '../src/parse-csv.js';

test('reads quoted fields', () => {
  assert.deepEqual(parseCsv('a,"b,c","d ""e"""\n"1\n2",3'), [['a', 'b,c', 'd "e"'], ['1\n2', '3']]);
  assert.deepEqual(parseCsv('"",x'), [['', 'x']]);
  assert.deepEqual(parseCsv('x,""'), [['x', '']]);
});

test('takes both line ends, and no row for the last one', () => {
  assert.deepEqual(parseCsv('a,b\r\n"c",d\r\n'), [['a', 'b'], ['c', 'd']]);
  assert.deepEqual(parseCsv('a,b,\n'), [['a', 'b', '']]);
});

test('names the line of a quote that is not closed', () => {
  assert.throws(() => parseCsv('a\n"b\nc'), (error) => error instanceof SyntaxError && /\b2\b/.test(error.message));
  assert.throws(() => parseCsv('"x\ny",1\n"z'), (error) => error instanceof SyntaxError && /\b3\b/.test(error.message));
});
