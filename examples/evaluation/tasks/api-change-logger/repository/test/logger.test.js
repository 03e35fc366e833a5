import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../src/logger.js';
import { startServer } from '../src/server.js';

test('writes lines of its level and above', () => {
  const lines = [];
  const log = createLogger('app', (line) => lines.push(line), 'warn');
  log.info('no');
  log.error('yes');
  assert.deepEqual(lines, ['app error: yes']);
});

test('the server logs warnings only', () => {
  const lines = [];
  assert.equal(startServer((line) => lines.push(line)), 8080);
  assert.deepEqual(lines, ['server warn: no port given, using 8080']);
});
