import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../src/parse-duration.js';

test('reads hours, minutes and seconds', () => {
  assert.equal(parseDuration('2h'), 7_200_000);
  assert.equal(parseDuration('5m'), 300_000);
  assert.equal(parseDuration('7s'), 7_000);
});

test('gives NaN for anything else', () => {
  for (const text of ['', '5', 'm', '5d', ' 5m']) assert.ok(Number.isNaN(parseDuration(text)), text);
});
