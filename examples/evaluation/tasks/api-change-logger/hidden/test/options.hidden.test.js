import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createLogger } from '../src/logger.js';
import { startServer } from '../src/server.js';

test('takes options, info by default; the old form warns once, the server never', async () => {
  const warnings = [];
  process.on('warning', (warning) => warnings.push(warning));
  const lines = [];
  const write = (line) => lines.push(line);
  const log = createLogger({ prefix: 'app', write });
  log.debug('no');
  log.info('yes');
  createLogger({ prefix: 'b', write, level: 'debug' }).debug('too');
  startServer(() => undefined);
  await setImmediate();
  assert.deepEqual(lines, ['app info: yes', 'b debug: too']);
  assert.deepEqual(warnings, []);

  createLogger('old', write, 'info').info('still');
  createLogger('old', write, 'error').info('no');
  await setImmediate();
  assert.deepEqual(lines.slice(2), ['old info: still']);
  assert.deepEqual(warnings.map(({ name, code }) => [name, code]), [['DeprecationWarning', 'LOG001']]);
});
