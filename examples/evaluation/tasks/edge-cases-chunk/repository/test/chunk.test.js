import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunk } from '../src/chunk.js';

test('splits into chunks, the last one shorter', () => {
  assert.deepEqual(chunk([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  assert.deepEqual(chunk([], 3), []);
});
