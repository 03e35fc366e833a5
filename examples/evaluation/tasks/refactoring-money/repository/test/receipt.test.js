import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderReceipt } from '../src/receipt.js';

test('says what is given back', () => {
  assert.equal(renderReceipt(12.3, 20, 'EUR'), 'Due 12.30 EUR, paid 20.00 EUR, change 7.70 EUR');
});
