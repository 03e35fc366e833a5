/** The project that the models are let loose on: as small as can be tested. */
export const project: { readonly [path: string]: string } = {
  'package.json': `${JSON.stringify({ name: 'sum', version: '1.0.0', type: 'module', scripts: { test: 'node --test' } }, null, 2)}\n`,
  'README.md': '# sum\n\n`sum(a, b)` adds two numbers.\n',
  'src/sum.js': 'export function sum(a, b) {\n  return a + b;\n}\n',
  'test/sum.test.js': `import assert from 'node:assert/strict';
import test from 'node:test';
import { sum } from '../src/sum.js';

test('adds two numbers', () => {
  assert.equal(sum(1, 2), 3);
});

test('adds nothing to a number', () => {
  assert.equal(sum(5, 0), 5);
});
`,
  '.gitignore': 'node_modules\n.env\nconfig/secrets.json\n',
};

/** What the user asks for. */
export const goal = 'sum adds any number of numbers: sum(1, 2, 3) gives 6.';

export const goodCode = 'export function sum(...numbers) {\n  return numbers.reduce((total, number) => total + number, 0);\n}\n';
/** Passes the tests of the base, and not the one that is asked for. */
export const lazyCode = 'export function sum(a, b) {\n  return a - -b;\n}\n';
export const brokenCode = 'export function sum() {\n  return 0;\n}\n';
export const goodTest = `import assert from 'node:assert/strict';
import test from 'node:test';
import { sum } from '../src/sum.js';

test('adds three numbers', () => {
  assert.equal(sum(1, 2, 3), 6);
});
`;
