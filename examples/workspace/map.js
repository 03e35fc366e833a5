// A map of a repository: the declarations that matter most for a task, within a budget of tokens.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWorkspace } from '@fw/workspace';
import { workspaceTools } from '@fw/workspace/tools';

const folder = await mkdtemp(join(tmpdir(), 'map-'));
const storage = await mkdtemp(join(tmpdir(), 'map-storage-'));
await writeFile(join(folder, 'price.js'), 'export function addPrices(left, right) {\n  return left + right;\n}\n');
await writeFile(join(folder, 'cart.js'), "import { addPrices } from './price.js';\n\nexport class Cart {\n  add(price) {\n    this.total = addPrices(this.total, price);\n  }\n}\n");
await writeFile(join(folder, 'mail.js'), 'export function sendMail() {}\n');
const workspace = await createWorkspace({ directory: folder, storage });

const tool = workspaceTools(workspace).find(({ name }) => name === 'repository_map');
const step = { key: 'example', attempt: 1, signal: new AbortController().signal, progress: () => {} };
const { text } = await tool.run({ focus: ['Prices are added wrongly.'], budget: 500 }, step);
console.log(text);

await workspace.close();
await Promise.all([folder, storage].map((path) => rm(path, { recursive: true })));
