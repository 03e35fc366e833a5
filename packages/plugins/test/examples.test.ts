import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const host = fileURLToPath(new URL('../../../examples/plugin-host/host.js', import.meta.url));

it('the example host loads, asks and cleans up its plugin', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@fw/source', host]);
  expect(stdout.trim().split('\n')).toEqual(["[ 'hello' ]", '[{"id":"hello","version":"0.0.0","status":"done","result":{"heard":{"type":"greeting"}}}]', '0']);
});
