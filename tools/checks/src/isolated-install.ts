import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './published-packages.ts';
import type { PublishedPackage } from './published-packages.ts';

const execute = promisify(execFile);

/** Packages as a user would have them: unpacked tarballs, each seeing only what it declares. */
export interface IsolatedInstall {
  readonly root: string;
  /** Where a package was unpacked. */
  folderOf(name: string): string;
  remove(): Promise<void>;
}

/**
 * Packs the packages and lays them out outside the repository as a package manager without hoisting does:
 * `<root>/store/<name>/node_modules/<name>` with its dependencies as links beside it. Needs no network:
 * third-party packages are links into this repository's node_modules.
 */
export async function installIsolated(packages: readonly PublishedPackage[]): Promise<IsolatedInstall> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'fw-pack-')));
  const modulesOf = (name: string): string => join(root, 'store', name.replace('/', '+'), 'node_modules');
  const folderOf = (name: string): string => join(modulesOf(name), name);
  const names = new Set(packages.map(({ name }) => name));

  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', root, ...packages.flatMap(({ name }) => ['-w', name])], { cwd: repository, maxBuffer: 64 * 1024 * 1024 });
  const tarballs = readPacked(stdout);
  for (const { name, declared, optional, folder } of packages) {
    const tarball = tarballs.get(name);
    if (tarball === undefined) throw new Error(`npm pack made no tarball of ${name}.`);
    await mkdir(folderOf(name), { recursive: true });
    await execute('tar', ['-xzf', join(root, tarball), '-C', folderOf(name), '--strip-components=1']);
    for (const dependency of declared) {
      const target = names.has(dependency) ? folderOf(dependency) : installed(dependency, folder);
      if (target !== undefined) await link(target, join(modulesOf(name), dependency));
      else if (!optional.includes(dependency)) throw new Error(`${name} declares ${dependency}, which is not installed in this repository. Run npm ci.`);
    }
  }
  return { root, folderOf, remove: () => rm(root, { recursive: true, force: true }) };
}

export async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path, 'junction');
}

/** npm 11 prints a list, later versions an object by name. */
function readPacked(stdout: string): ReadonlyMap<string, string> {
  const packed = JSON.parse(stdout) as readonly { readonly name: string; readonly filename: string }[] | { readonly [name: string]: { readonly name: string; readonly filename: string } };
  return new Map(Object.values(packed).map(({ name, filename }) => [name, filename]));
}

function installed(name: string, folder: string): string | undefined {
  return [join(folder, 'node_modules', name), join(repository, 'node_modules', name)].find((path) => existsSync(path));
}
