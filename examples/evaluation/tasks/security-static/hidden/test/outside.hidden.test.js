import assert from 'node:assert/strict';
import { test } from 'node:test';
import path from 'node:path';
import { resolveFile } from '../src/resolve-file.js';

const root = path.resolve('/srv/www');

test('resolves and decodes inside of the root', () => {
  assert.equal(resolveFile(root, '/a%20b/..%2Fc.txt'), path.join(root, 'c.txt'));
  assert.equal(resolveFile(root, '/..a/b'), path.join(root, '..a', 'b'));
  assert.equal(resolveFile(root, '/'), root);
});

for (const address of ['/../secret.txt', '/..', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/a/../../secret.txt', '/..\\secret.txt', '/..%5csecret.txt', '/../www-private/a', '../www2']) {
  test(`gives null for ${address}`, () => { assert.equal(resolveFile(root, address), null); });
}

test('gives null for what cannot be read', () => {
  assert.equal(resolveFile(root, '/a%00.txt'), null);
  assert.equal(resolveFile(root, '/%E0%A4%A'), null);
});
