import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { diagnose } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { keyNames } from '../detect-providers.ts';
import { exitCodes } from '../exit-code.ts';
import { formatBytes } from '../format.ts';
import { homeFolder } from '../home-folder.ts';
import { jsonLine } from '../json-line.ts';
import { plainLine } from '../plain-text.ts';

/** `fw doctor`: what `fw` needs from this machine, and what it found. Names of keys only. Exit 1 when something is missing. */
export async function doctor(context: CliContext): Promise<number> {
  const home = homeFolder(context.environment);
  const keys = [...new Set(Object.values(keyNames).flat())].filter((name) => (context.environment[name] ?? '') !== '');
  const checks = [
    ...await diagnose({ home }),
    { name: 'kept', ok: true, detail: `${formatBytes(await sizeOf(home))} of runs and snapshots` },
    { name: 'keys', ok: true, detail: keys.length === 0 ? 'none in the environment' : keys.join(', ') },
  ];
  if (context.output === 'text') {
    for (const check of checks) {
      const mark = check.ok ? context.terminal.paint('green', '✓') : context.terminal.paint('red', '✗');
      context.terminal.print(`${mark} ${plainLine(check.name, 40).padEnd(12)} ${plainLine(check.detail)}\n`);
    }
  } else context.terminal.print(jsonLine(checks));
  return checks.every((check) => check.ok) ? exitCodes.success : exitCodes.failed;
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (entry.isFile()) bytes += await stat(path.join(entry.parentPath, entry.name)).then((file) => file.size, () => 0);
  }
  return bytes;
}
