import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { renderInvoice } from '../src/invoice.js';
import { renderReceipt } from '../src/receipt.js';

test('one module rounds and formats', async () => {
  const { formatAmount, roundToCents } = await import('../src/money.js');
  assert.equal(formatAmount(1234.5, 'EUR'), '1,234.50 EUR');
  assert.equal(formatAmount(-1234567.891, 'USD'), '-1,234,567.89 USD');
  assert.equal(roundToCents(0.125), 0.13);
});

test('invoices and receipts use it', () => {
  for (const file of ['invoice', 'receipt']) {
    const source = readFileSync(new URL(`../src/${file}.js`, import.meta.url), 'utf8');
    assert.match(source, /from ['"]\.\/money\.js['"]/);
    assert.doesNotMatch(source, /Math\.round|toFixed/);
  }
});

test('what they say is what it was', () => {
  assert.equal(renderInvoice([{ name: 'car', count: 1, price: 1234567.891 }], 'USD'), '1 x car: 1,234,567.89 USD\nTotal: 1,234,567.89 USD');
  assert.equal(renderInvoice([], 'EUR'), 'Total: 0.00 EUR');
  assert.equal(renderReceipt(0.1 + 0.2, 1000, 'EUR'), 'Due 0.30 EUR, paid 1,000.00 EUR, change 999.70 EUR');
});
