import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderInvoice } from '../src/invoice.js';

test('lists items and their total', () => {
  assert.equal(renderInvoice([{ name: 'pen', count: 3, price: 0.1 }, { name: 'desk', count: 2, price: 999.995 }], 'EUR'), '3 x pen: 0.30 EUR\n2 x desk: 1,999.99 EUR\nTotal: 2,000.29 EUR');
});
