import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { slugify } from '../src/slugify.js';

const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

test('takes a separator', () => {
  assert.equal(slugify('Hello World', { separator: '_' }), 'hello_world');
  assert.equal(slugify('Hello World', { separator: '' }), 'helloworld');
  assert.equal(slugify('one two three', { separator: '_', maxLength: 8 }), 'one_two');
  assert.equal(slugify('one two', { separator: '.' }), 'one.two');
});

test('the readme has a table of the options', () => {
  const [, section = ''] = read('README.md').split(/^## Options\s*$/m);
  assert.match(section, /^\|.*separator.*-.*\|/m);
  assert.match(section, /^\|.*maxLength.*80.*\|/m);
});

test('the changelog has an entry', () => {
  const changes = read('CHANGELOG.md');
  const at = changes.indexOf('## Unreleased');
  assert.ok(at !== -1 && at < changes.indexOf('## 1.0.0'));
  assert.match(changes.slice(at, changes.indexOf('## 1.0.0')), /separator/);
});
