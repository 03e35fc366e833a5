import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMonths } from '../src/add-months.js';

test('moves to the same day of a later month', () => {
  assert.equal(addMonths('2026-01-15', 1), '2026-02-15');
  assert.equal(addMonths('2026-11-15', 3), '2027-02-15');
});
