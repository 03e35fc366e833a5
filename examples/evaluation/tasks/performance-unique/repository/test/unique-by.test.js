import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniqueBy } from '../src/unique-by.js';

test('keeps the first item of each key', () => {
  const items = [{ id: 1, at: 'a' }, { id: 2, at: 'b' }, { id: 1, at: 'c' }];
  assert.deepEqual(uniqueBy(items, ({ id }) => id), [items[0], items[1]]);
});
