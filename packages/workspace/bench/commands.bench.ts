// What one command costs, beside a bare process and a bare bubblewrap:
//   node --conditions=@fw/source bench/commands.bench.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createWorkspace, detectSandbox } from '../src/index.ts';
import { medians, temporaryFolder, treeOfFiles } from './tree-of-files.ts';

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
console.log(JSON.stringify({ sandbox: sandboxed.sandbox, ...taken }));
console.log(JSON.stringify({ overBareMs: Object.fromEntries(Object.entries(taken).map(([name, ms]) => [name, Math.round((ms - floor) * 10) / 10])) }));
await bare.close();
await sandboxed.close();
