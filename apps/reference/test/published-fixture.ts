import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const fixtures = fileURLToPath(new URL('../../../fixtures/', import.meta.url));

/** The published package as its user has it after `npm install` and `git init`: no commit, no .gitignore. */
export async function makeFastifyError(folder: string): Promise<void> {
  const modules = await install('fastify-error');
  await cp(path.join(modules, '@fastify/error'), folder, { recursive: true });
  await execute('cp', ['-a', `${modules}/.`, path.join(folder, 'node_modules')]);
  await rm(path.join(folder, 'node_modules/@fastify'), { recursive: true });
  await execute('git', ['init', '-q', folder]);
}

export async function installPublished(): Promise<void> {
  await install('published');
}

/** A package of the fixture `published`, with the runners that it needs linked in. */
export async function makePublished(name: string, folder: string): Promise<void> {
  const modules = await install('published');
  await cp(path.join(modules, name), folder, { recursive: true });
  await symlink(modules, path.join(folder, 'node_modules'));
}

/** Installs what the lock file says, unless that is there; several processes may do so at once. */
async function install(fixture: string): Promise<string> {
  const from = path.join(fixtures, fixture);
  const installed = path.join(from, 'node_modules');
  const lock = await readFile(path.join(from, 'package-lock.json'));
  const marker = createHash('sha256').update(lock).digest('hex');
  if (await readFile(path.join(installed, '.fixture'), 'utf8').catch(() => '') === marker) return installed;
  const work = path.join(fixtures, 'node_modules', `${fixture}-${process.pid}`);
  await mkdir(work, { recursive: true });
  try {
    for (const name of ['package.json', 'package-lock.json']) await cp(path.join(from, name), path.join(work, name));
    await execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: work });
    await writeFile(path.join(work, 'node_modules', '.fixture'), marker);
    await stat(installed).then(() => rename(installed, path.join(work, 'stale')), () => undefined);
    await rename(path.join(work, 'node_modules'), installed).catch(async (error: unknown) => {
      if (await readFile(path.join(installed, '.fixture'), 'utf8').catch(() => '') !== marker) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return installed;
}
