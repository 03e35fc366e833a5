import assert from 'node:assert/strict';
import { test } from 'node:test';
import path from 'node:path';
import { resolveFile } from '../src/resolve-file.js';

test('resolves below the root', () => {
  assert.equal(resolveFile(path.resolve('/srv/www'), '/images/a.png'), path.resolve('/srv/www/images/a.png'));
});
