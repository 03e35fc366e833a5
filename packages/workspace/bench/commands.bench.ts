// What one command costs, beside a bare process and a bare bubblewrap:
//   node --conditions=@fw/source bench/commands.bench.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createWorkspace, detectSandbox } from '../src/index.ts';
import { medians, ratio, temporaryFolder, treeOfFiles } from './tree-of-files.ts';

const directory = treeOfFiles(100);
const bare = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
const sandboxed = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage') });
const wait = async (file: string, args: readonly string[]): Promise<void> => void (await once(spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] }), 'close'));
const { available } = await detectSandbox();

const taken = await medians(60, {
  'a bare process': () => wait('/bin/true', []),
  ...(available ? { 'a bare bubblewrap': () => wait('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '/bin/true']) } : {}),
  'run without a sandbox': () => bare.run(['/bin/true']),
  'run in the sandbox': () => sandboxed.run(['/bin/true']),
});
const floor = taken['a bare process'] ?? 0;
for (const [who, value] of Object.entries(taken)) console.log(JSON.stringify({ work: 'one command', who, value, unit: 'ms', ratio: ratio(value, floor) }));
const over = Math.round(((taken['run in the sandbox'] ?? 0) - floor) * 10) / 10;
console.log(JSON.stringify({ work: 'one command, over a bare process', who: `@fw/workspace (${sandboxed.sandbox})`, value: over, unit: 'ms', atMost: 20 }));
await bare.close();
await sandboxed.close();
