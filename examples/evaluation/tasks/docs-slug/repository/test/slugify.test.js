import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slugify } from '../src/slugify.js';

test('joins words with dashes', () => {
  assert.equal(slugify('Hello, Wörld!'), 'hello-world');
  assert.equal(slugify('one two three', { maxLength: 8 }), 'one-two');
});
