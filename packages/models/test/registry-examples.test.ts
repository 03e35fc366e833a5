import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test.each([
  ['fallback-with-budget.js', 'anthropic/large → openai/small: overloaded\nHere I am instead. 90000\nFW_MODEL_BUDGET\n90000\n'],
  ['shared-limits.js', 'waits: requestsPerMinute\n3 lines\n'],
])('examples/models/%s says what it shows', async (file, output) => {
  const path = fileURLToPath(new URL(`../../../examples/models/${file}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@fw/source', '--no-warnings', path], { timeout: 150_000 });
  expect(stdout).toBe(output);
});
