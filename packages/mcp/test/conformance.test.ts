import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorkspace, detectSandbox } from '@fw/workspace';
import { afterEach } from 'vitest';
import type { TaskWorkspace } from '@fw/agents-core';
import { testStartServer } from '../src/conformance.ts';
import { startInWorkspace } from '../src/index.ts';


const open: { readonly workspace: TaskWorkspace; readonly root: string }[] = [];
afterEach(async () => {
  for (const { workspace, root } of open.splice(0)) {
    await workspace.close();
    await rm(root, { recursive: true, force: true });
  }
});

const sandbox = await detectSandbox();
for (const choice of sandbox.available ? (['required', 'off'] as const) : (['off'] as const)) {
  testStartServer(choice === 'off' ? 'in a workspace without a sandbox' : 'in the sandbox of a workspace', async (command) => {
    const root = await mkdtemp(join(tmpdir(), 'fw-mcp-test-'));
    const workspace = await createWorkspace({ directory: await mkdtemp(join(root, 'project-')), storage: join(root, 'storage'), sandbox: choice });
    open.push({ workspace, root });
    return startInWorkspace(workspace, command, { requireSandbox: false });
  });
}
