import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../src/parse-duration.js';

test('adds up parts with different units', () => {
  assert.equal(parseDuration('1h30m'), 5_400_000);
  assert.equal(parseDuration('1h0m5s'), 3_605_000);
  assert.equal(parseDuration('90m15s'), 5_415_000);
});

test('refuses parts out of order, twice, or with something between', () => {
  for (const text of ['30m1h', '1h1h', '1h 30m', '1h-30m', '1h30', '']) assert.ok(Number.isNaN(parseDuration(text)), text);
});
