import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { AppError } from '../app-error.ts';
import { packageFolder } from '../package-folder.ts';

const source = path.join(packageFolder, 'ui');
const target = path.join(packageFolder, 'dist', 'ui');

/**
 * The folder of the page. A published package has it; in a checkout it is built when it is not there, or older than what
 * it is made of. @throws AppError `FW_UI_BUILD`.
 */
export async function clientFolder(note: (text: string) => void): Promise<string> {
  if (!existsSync(source)) return target;
  const built = await stat(path.join(target, 'index.html')).then(({ mtimeMs }) => mtimeMs, () => 0);
  if (built >= await newest([source, path.join(packageFolder, 'package.json')])) return target;
  note('fw: building the dashboard, once for these sources…\n');
  const fresh = `${target}.${String(process.pid)}`;
  try {
    await build(fresh);
    // Another process may do the same: whoever is last wins, and either is whole.
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target).catch((error: unknown) => { if (!existsSync(path.join(target, 'index.html'))) throw error; });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
}

async function newest(places: readonly string[]): Promise<number> {
  const files = await Promise.all(places.map(async (place) => {
    const inside = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => undefined);
    return inside === undefined ? [place] : inside.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  }));
  // The build tool writes a file of its own there for a moment.
  return Math.max(...await Promise.all(files.flat().map((file) => stat(file).then(({ mtimeMs }) => mtimeMs, () => 0))));
}

async function build(folder: string): Promise<void> {
  const vite = path.join(path.dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
  const child = spawn(process.execPath, [vite, 'build', '--config', path.join(source, 'vite.config.ts'), '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'], { cwd: source, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => { words = (words + chunk).slice(-4_000); });
  const exitCode = await new Promise((resolve) => { child.on('error', () => { resolve(null); }); child.on('close', resolve); });
  if (exitCode !== 0) throw new AppError('FW_UI_BUILD', { message: `The dashboard could not be built: ${words.trim().slice(-1_000)}` });
}
