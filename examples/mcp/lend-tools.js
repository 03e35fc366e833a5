// Lends agents the tools of an MCP server, which runs in the sandbox of a workspace.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectMcp, startInWorkspace } from '@fw/mcp';
import { createWorkspace } from '@fw/workspace';

const folder = await mkdtemp(join(tmpdir(), 'lend-tools-'));
const workspace = await createWorkspace({ directory: import.meta.dirname, storage: join(folder, 'storage') });

const start = startInWorkspace(workspace, ['node', 'server.js']);
const server = await connectMcp({ name: 'counter', server: { type: 'stdio', start }, effects: { count: 'pure' } });
const [count] = server.tools;
console.log(count.name, count.effect, server.hash.length);

const step = { key: 'example', attempt: 1, signal: new AbortController().signal, progress: () => {} };
const answer = await count.run({ text: 'three small words' }, step);
console.log(answer.text);

await server.close();
await workspace.close();
await rm(folder, { recursive: true });
