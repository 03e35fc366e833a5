import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { testWorkspace } from '../src/conformance.ts';
import { createWorkspace, detectSandbox } from '../src/index.ts';

const storage = await realpath(await mkdtemp(join(tmpdir(), 'fw storage ß ')));
afterAll(() => rm(storage, { recursive: true, force: true }));

testWorkspace('copy, no sandbox', (directory) => createWorkspace({ directory, storage: join(storage, 'none'), sandbox: 'off' }));
if ((await detectSandbox()).available) {
  testWorkspace('copy, bubblewrap', (directory) =>
    createWorkspace({ directory, storage: join(storage, 'bubblewrap'), sandbox: 'required' }),
  );
}
