import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from './temporary-folder.ts';

const index = join(import.meta.dirname, '..', 'src', 'index.ts');

/** Runs a script in a process of its own and kills it hard when it has said `lines` things and `delayMs` have passed. */
export async function runAndKill(script: string, lines: number, delayMs: number): Promise<readonly string[]> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'child.mjs'), `const { createWorkspace, openWorkspace } = await import(${JSON.stringify(index)});\n${script}`);
  const child = spawn(process.execPath, ['--conditions=@fw/source', join(folder, 'child.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    if (said.length === lines) setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  await once(child, 'close');
  return said;
}
