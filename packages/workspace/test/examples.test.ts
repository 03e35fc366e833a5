import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it.each([
  ['branches.js', 'sum.js, sum.test.js\nboth-edited sum.js export const sum = (a, b) => b + a;\n'],
  ['map.js', /^price\.js \(used in cart\.js\)\n {2}1: export function addPrices\(left, right\)\ncart\.js\n {2}3: export class Cart\n {2}4: add\(price\)\nmail\.js\n/],
])('examples/workspace/%s says what it shows', (file, said) => {
  const path = fileURLToPath(new URL(`../../../examples/workspace/${file}`, import.meta.url));
  expect(execFileSync(process.execPath, ['--conditions=@fw/source', path], { encoding: 'utf8' })).toEqual(typeof said === 'string' ? said : expect.stringMatching(said));
});
