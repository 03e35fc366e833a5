// A snapshot of 10,000 files after a command, after an edit and after several writes, beside plain git on the same tree:
//   node --conditions=@fw/source bench/snapshots.bench.ts
import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace } from '../src/index.ts';
import { medians, ratio, temporaryFolder, treeOfFiles } from './tree-of-files.ts';

const directory = treeOfFiles(10_000);
const plain = join(temporaryFolder(), 'plain');
cpSync(directory, plain, { recursive: true });
const git = (...args: readonly string[]): void => void execFileSync('git', args, { cwd: plain, stdio: 'ignore' });
git('init', '-q');
git('add', '-A');

const began = performance.now();
const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage') });
const createMs = Math.round(performance.now() - began);
const second = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
const base = workspace.base;
const file = 'package-3/folder-33/file-1666.ts';
let round = 0;

const taken = await medians(15, {
  'git add -A && git write-tree': () => {
    writeFileSync(join(plain, file), `// ${(round += 1)}\n`);
    git('add', '-A');
    git('write-tree');
  },
  'snapshot after a command': async () => {
    writeFileSync(join(workspace.root, file), `// ${(round += 1)}\n`);
    await workspace.snapshot();
  },
  'snapshot after an edit': async () => {
    await second.write(file, `// ${(round += 1)}\n`);
    await second.snapshot({ scan: false });
  },
  'snapshot that looks at all files': () => workspace.snapshot(),
  'restore of one changed file': async () => {
    await workspace.write(file, `// ${(round += 1)}\n`);
    await workspace.restore(base);
  },
});
const floor = taken['git add -A && git write-tree'] ?? 1;
const bounds: { readonly [who: string]: number } = { 'snapshot after a command': 150, 'snapshot after an edit': 30 };
for (const [who, value] of Object.entries(taken)) {
  console.log(JSON.stringify({ work: 'a tree of 10,000 files', who, value, unit: 'ms', ratio: ratio(value, floor), ...(bounds[who] === undefined ? {} : { atMost: bounds[who] }) }));
}
console.log(JSON.stringify({ work: 'a tree of 10,000 files', who: 'createWorkspace, once', value: createMs, unit: 'ms' }));
await workspace.close();
await second.close();
