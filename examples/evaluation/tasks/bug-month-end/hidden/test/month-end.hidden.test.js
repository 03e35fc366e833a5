import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMonths } from '../src/add-months.js';

test('ends at the last day of a shorter month', () => {
  assert.equal(addMonths('2026-01-31', 1), '2026-02-28');
  assert.equal(addMonths('2024-01-31', 1), '2024-02-29');
  assert.equal(addMonths('2026-08-31', 1), '2026-09-30');
});

test('goes back and over years', () => {
  assert.equal(addMonths('2026-03-31', -1), '2026-02-28');
  assert.equal(addMonths('2024-02-29', 12), '2025-02-28');
  assert.equal(addMonths('2026-12-31', 2), '2027-02-28');
});

test('keeps days that exist', () => {
  assert.equal(addMonths('2026-02-28', 1), '2026-03-28');
});
