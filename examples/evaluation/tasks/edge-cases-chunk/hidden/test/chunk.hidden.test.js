import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunk } from '../src/chunk.js';

for (const size of [0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2', undefined]) {
  test(`throws for a size of ${String(size)} (${typeof size})`, () => {
    assert.throws(() => chunk([1, 2, 3], size), (error) => error instanceof RangeError && error.message.includes(String(size)));
  });
}

test('throws for a negative size also without items', () => {
  assert.throws(() => chunk([], -1), RangeError);
});

test('takes any iterable', () => {
  assert.deepEqual(chunk(new Set([1, 2, 3]), 2), [[1, 2], [3]]);
  assert.deepEqual(chunk('abcd', 3), [['a', 'b', 'c'], ['d']]);
  assert.deepEqual(chunk((function* numbers() { yield 1; yield 2; })(), 2), [[1, 2]]);
});
