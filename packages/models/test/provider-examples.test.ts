import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test.each([
  ['one-provider.js', 'Hello there. stop 12 3 3600\n[Hello ][there.]\n6 tokens in all\n'],
  ['record-and-replay.js', 'record: Good morning.\nreplay: Good morning.\n'],
  ['broken-service.js', 'overloaded, answered\nHere I am. 4\n'],
])('examples/models/%s says what it shows', async (file, output) => {
  const path = fileURLToPath(new URL(`../../../examples/models/${file}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@fw/source', path], { timeout: 150_000 });
  expect(stdout).toBe(output);
});
