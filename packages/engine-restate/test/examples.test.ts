import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the example of the README runs as it says', async () => {
  const file = fileURLToPath(new URL('../../../examples/restate/greeting.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', file]);
  expect(stdout.trim().split('\n')).toEqual(['waiting', 'Hello Ada { ok: true }', 'success']);
});
