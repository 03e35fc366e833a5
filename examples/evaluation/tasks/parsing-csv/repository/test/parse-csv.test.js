import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCsv } from '../src/parse-csv.js';

test('reads rows of fields', () => {
  assert.deepEqual(parseCsv('a,b\n1,2\n'), [['a', 'b'], ['1', '2']]);
  assert.deepEqual(parseCsv('a,,c'), [['a', '', 'c']]);
});
