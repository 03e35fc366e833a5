import { constants, copyFile, lstat, mkdir, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { splitNames } from './list-tree.ts';
import type { LinkedModules } from './linked-modules.ts';
import { isSecretFile } from './secret-files.ts';
import type { UserRepository } from './user-repository.ts';
import { isInside } from './workspace-path.ts';

/** What a folder of a larger project needs of it: settings that its own extend, packages above and beside it. */
export interface Surroundings {
  /** The project's folder; the folder itself where there is none around it. */
  readonly project: string;
  /** Where the folder lies in the project, with `/`; empty for the project itself. */
  readonly prefix: string;
  /** Files that stand in the folders above, and of a repository also those of folders that belong to no package, relative to the project. */
  readonly files: readonly string[];
  /** `node_modules` of the folders above; `at` is relative to the project. */
  readonly modules: readonly LinkedModules[];
  /** Other packages of the project that this one depends on, absolute. */
  readonly packages: readonly string[];
}

const maxFileBytes = 1024 * 1024;
const maxPackages = 100;
const maxFilesBeside = 2_000;

export async function findSurroundings(directory: string, ask: UserRepository): Promise<Surroundings> {
  const repository = await repositoryAround(directory, ask);
  const project = repository ?? (await projectAround(directory)) ?? directory;
  const prefix = relative(project, directory).split(sep).join('/');
  if (prefix === '') return { project: directory, prefix, files: [], modules: [], packages: [] };
  const above = foldersAbove(prefix);
  // In a repository only what is tracked: a home folder may be one.
  const tracked = repository === undefined ? undefined : await trackedFiles(ask);
  const files: string[] = [];
  const modules: LinkedModules[] = [];
  for (const folder of above) {
    for (const entry of await readdir(join(project, folder), { withFileTypes: true })) {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const path = join(project, file);
      if (entry.name === 'node_modules') {
        const source = await realpath(path).catch(() => '');
        if (basename(source) === 'node_modules' && (await stat(source)).isDirectory()) modules.push({ at: file, source });
      } else if (entry.isFile() && !isSecretFile(entry.name) && tracked?.has(file) !== false && (await lstat(path)).size <= maxFileBytes) files.push(file);
    }
  }
  for (const file of filesBeside(tracked ?? new Set(), prefix, above)) {
    const stats = await lstat(join(project, file)).catch(() => undefined);
    if (stats?.isFile() === true && stats.size <= maxFileBytes) files.push(file);
  }
  const sources = [join(directory, 'node_modules'), ...modules.map(({ source }) => source)];
  return { project, prefix, files: files.sort(), modules, packages: await packagesBeside(project, directory, sources) };
}

/** Copies the files into a copy of the project; one that is gone since is left out. */
export async function copySurroundings(project: string, copy: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(copy, file)), { recursive: true, mode: 0o700 });
    await rm(join(copy, file), { force: true });
    await copyFile(join(project, file), join(copy, file), constants.COPYFILE_FICLONE).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/** Secret files in a folder that commands may read; they are hidden from them. */
export async function findSecrets(folder: string, depth = 6): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isFile() && isSecretFile(entry.name)) found.push(path);
    else if (entry.isDirectory() && depth > 0 && !['node_modules', '.git'].includes(entry.name)) found.push(...(await findSecrets(path, depth - 1)));
  }
  return found;
}

/** The repository that the folder is a part of; undefined when it is its root, when there is none, or when it ignores the folder. */
async function repositoryAround(directory: string, ask: UserRepository): Promise<string | undefined> {
  const answer = await ask(['rev-parse', '--show-toplevel']);
  if (answer.exitCode !== 0) return undefined;
  const root = await realpath(answer.stdout.toString('utf8').replace(/\n$/, '')).catch(() => directory);
  if (root === directory || !isInside(root, directory)) return undefined;
  return (await ask(['check-ignore', '-q', '.'])).exitCode === 0 ? undefined : root;
}

/** The closest folder above that says it holds packages. */
async function projectAround(directory: string): Promise<string | undefined> {
  for (let folder = dirname(directory); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = await readManifest(folder);
    if (manifest?.['workspaces'] !== undefined) return folder;
    if (await stat(join(folder, 'pnpm-workspace.yaml')).then((stats) => stats.isFile(), () => false)) return folder;
  }
  return undefined;
}

/** `''` for the project's own folder, then each one below it, without the last. */
function foldersAbove(prefix: string): readonly string[] {
  const parts = prefix.split('/').slice(0, -1);
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}

async function trackedFiles(ask: UserRepository): Promise<ReadonlySet<string>> {
  return new Set(splitNames((await ask(['ls-files', '-z', '--cached', '--full-name', ':/'])).stdout));
}

/** Tests of a package may well use what lies beside all packages: tools, examples, fixtures. None, when there is too much of it. */
function filesBeside(tracked: ReadonlySet<string>, prefix: string, above: readonly string[]): readonly string[] {
  const packages = [...tracked].filter((file) => file.endsWith('/package.json')).map((file) => file.slice(0, -'package.json'.length));
  const inPackage = new Set(packages);
  const foldersOf = (file: string): readonly string[] => [...file.matchAll(/\//g)].map(({ index }) => file.slice(0, index + 1));
  const beside = [...tracked].filter((file) => {
    const folders = foldersOf(file);
    const isAbove = above.includes(folders.at(-1)?.slice(0, -1) ?? '');
    return !isAbove && !file.startsWith(`${prefix}/`) && !isSecretFile(basename(file)) && !folders.some((folder) => inPackage.has(folder));
  });
  return beside.length > maxFilesBeside ? [] : beside;
}

async function packagesBeside(project: string, directory: string, modules: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  const open = [directory];
  for (let folder = open.pop(); folder !== undefined && found.size < maxPackages; folder = open.pop()) {
    for (const name of dependenciesOf(await readManifest(folder))) {
      for (const source of [join(folder, 'node_modules'), ...modules]) {
        const real = await realpath(join(source, name)).catch(() => undefined);
        if (real === undefined) continue;
        const isBeside = isInside(project, real) && real !== project && !isInside(directory, real) && !isInside(real, directory) && !real.split(sep).includes('node_modules');
        if (isBeside && !found.has(real)) {
          found.add(real);
          open.push(real);
        }
        break;
      }
    }
  }
  return [...found].sort();
}

function dependenciesOf(manifest: { readonly [key: string]: unknown } | undefined): readonly string[] {
  const kinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];
  return kinds.flatMap((kind) => Object.keys(Object(manifest?.[kind]))).filter((name) => !name.split('/').includes('..') && !name.startsWith('/'));
}

async function readManifest(folder: string): Promise<{ readonly [key: string]: unknown } | undefined> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return manifest !== null && typeof manifest === 'object' ? (manifest as { [key: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}
