import { lstat, mkdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { StorageLayout } from './storage-layout.ts';

/** The node of this process and the npm beside it, as commands see them. */
export interface Toolchain {
  /** Folder with links to them; first on PATH. */
  readonly bin: string;
  /** Where they really are. */
  readonly paths: readonly string[];
}

export async function linkToolchain(layout: StorageLayout): Promise<Toolchain> {
  await mkdir(layout.toolchain, { recursive: true, mode: 0o755 });
  const node = await realpath(process.execPath);
  const links: { readonly name: string; readonly target: string }[] = [
    { name: process.platform === 'win32' ? 'node.exe' : 'node', target: node },
  ];
  const paths = [node];
  const npm = process.platform === 'win32' ? undefined : await findNpm(dirname(node));
  if (npm !== undefined) {
    paths.push(npm);
    for (const name of ['npm', 'npx']) links.push({ name, target: join(npm, 'bin', `${name}-cli.js`) });
  }
  for (const { name, target } of links) await link(join(layout.toolchain, name), target);
  return { bin: layout.toolchain, paths };
}

/** Folder of the npm package: the one beside node, else the first on PATH. */
async function findNpm(beside: string): Promise<string | undefined> {
  for (const folder of [beside, ...(process.env.PATH ?? '').split(delimiter)]) {
    const script = await realpath(join(folder, 'npm')).catch(() => undefined);
    if (script?.endsWith('/npm/bin/npm-cli.js') === true) return dirname(dirname(script));
  }
  return undefined;
}

async function link(path: string, target: string): Promise<void> {
  if ((await readlink(path).catch(() => undefined)) === target) return;
  if ((await lstat(path).catch(() => undefined)) !== undefined) await rm(path);
  await symlink(target, path);
}
