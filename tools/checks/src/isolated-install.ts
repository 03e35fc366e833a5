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

  const tarballs = await pack(repository, root, packages.flatMap(({ name }) => ['-w', name]));
  for (const { name, declared, optional, folder } of packages) {
    const tarball = tarballs.get(name);
    if (tarball === undefined) throw new Error(`npm pack made no tarball of ${name}.`);
    await unpack(tarball, folderOf(name));
    for (const dependency of declared) {
      const target = names.has(dependency) ? folderOf(dependency) : installed(dependency, folder);
      if (target !== undefined) await link(target, join(modulesOf(name), dependency));
      else if (!optional.includes(dependency)) throw new Error(`${name} declares ${dependency}, which is not installed in this repository. Run npm ci.`);
    }
  }
  return { root, folderOf, remove: () => rm(root, { recursive: true, force: true }) };
}

/** Absolute paths of the tarballs, by the packages' names. */
export async function pack(cwd: string, destination: string, which: readonly string[] = []): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', destination, ...which], { cwd, maxBuffer: 64 * 1024 * 1024 });
  const packed = JSON.parse(stdout) as readonly Packed[] | { readonly [name: string]: Packed };
  // npm 11 prints a list, later versions an object by name.
  return new Map(Object.values(packed).map(({ name, filename }) => [name, join(destination, filename)]));
}

export async function unpack(tarball: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await execute('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
}

export async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path, 'junction');
}

interface Packed {
  readonly name: string;
  readonly filename: string;
}

function installed(name: string, folder: string): string | undefined {
  return [join(folder, 'node_modules', name), join(repository, 'node_modules', name)].find((path) => existsSync(path));
}
