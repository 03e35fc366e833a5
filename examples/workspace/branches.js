// Two writers work side by side, each in a copy of its own; what they made is merged, or its conflicts are named.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorkspace } from '@fw/workspace';

const folder = await mkdtemp(join(tmpdir(), 'branches-'));
const storage = await mkdtemp(join(tmpdir(), 'branches-storage-'));
await writeFile(join(folder, 'sum.js'), 'export const sum = (a, b) => a + b;\n');
const workspace = await createWorkspace({ directory: folder, storage });

async function write(change) {
  const copy = await workspace.checkout(workspace.base);
  for (const [file, content] of Object.entries(change)) await copy.write(file, content);
  const tree = await copy.snapshot();
  await copy.close();
  return tree;
}

const { base } = workspace;
const [code, tests] = await Promise.all([write({ 'sum.js': 'export const sum = (...all) => all.reduce((a, b) => a + b, 0);\n' }), write({ 'sum.test.js': '// …\n' })]);
const merged = await workspace.merge({ base, ours: code, theirs: tests });
if (merged.status === 'merged') await workspace.restore(merged.tree);
console.log((await workspace.files(await workspace.snapshot())).join(', '));

const other = await write({ 'sum.js': 'export const sum = (a, b) => b + a;\n' });
const result = await workspace.merge({ base, ours: code, theirs: other });
if (result.status === 'conflicted') for (const { type, files, hunks } of result.conflicts) console.log(type, files.join(), hunks[0].theirs.trim());

await workspace.close();
await Promise.all([folder, storage].map((path) => rm(path, { recursive: true })));
