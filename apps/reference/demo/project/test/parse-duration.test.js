import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDuration } from '../src/parse-duration.js';

test('reads hours, minutes and seconds', () => {
  assert.equal(parseDuration('2h'), 7_200_000);
  assert.equal(parseDuration('45m'), 2_700_000);
  assert.equal(parseDuration('90s'), 90_000);
});

test('gives NaN for what is not a duration', () => {
  assert.equal(parseDuration(''), NaN);
  assert.equal(parseDuration('soon'), NaN);
  assert.equal(parseDuration('5 apples'), NaN);
  assert.equal(parseDuration('10'), NaN);
});
