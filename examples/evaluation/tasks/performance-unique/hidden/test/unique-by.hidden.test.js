import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniqueBy } from '../src/unique-by.js';

test('asks for each key once', () => {
  let calls = 0;
  const items = Array.from({ length: 2_000 }, (_, index) => index % 500);
  assert.equal(uniqueBy(items, (item) => { calls += 1; return item; }).length, 500);
  assert.ok(calls <= items.length, `${calls} calls`);
});

test('reads each item a few times at most', () => {
  let reads = 0;
  const items = new Proxy(Array.from({ length: 2_000 }, (_, index) => index), {
    get(target, name, receiver) {
      if (typeof name === 'string' && /^\d+$/.test(name)) reads += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  assert.equal(uniqueBy(items, (item) => item).length, 2_000);
  assert.ok(reads <= 5 * 2_000, `${reads} reads`);
});

test('compares keys as a Map does', () => {
  assert.deepEqual(uniqueBy([Number.NaN, 1, '1', Number.NaN, 0, -0, null, undefined], (item) => item), [Number.NaN, 1, '1', 0, null, undefined]);
});
