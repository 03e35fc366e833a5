import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapLimited } from '../src/map-limited.js';

test('gives results in the order of the items', async () => {
  assert.deepEqual(await mapLimited([1, 2, 3], 2, async (item) => item * 2), [2, 4, 6]);
  assert.deepEqual(await mapLimited([], 2, async () => 1), []);
});
