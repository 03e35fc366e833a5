import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { nobody } from './nobody.ts';
import { isInside } from './workspace-path.ts';

/** What a contained command sees beside the system's own programs and libraries. */
export interface SandboxView {
  /** We are root: bubblewrap and everything in it run as nobody. */
  readonly asNobody: boolean;
  readonly cwd: string;
  /** The copy, writable. */
  readonly root: string | undefined;
  /** Folders of the copy that stay read-only. */
  readonly frozen: readonly string[];
  /** Folders in these that get an empty, writable layer for this command. */
  readonly caches: readonly string[];
  /** Files that are shown as empty. */
  readonly hidden: readonly string[];
  readonly readable: readonly string[];
  /** Symbolic links that are made there. */
  readonly links?: readonly { readonly path: string; readonly target: string }[];
  readonly writable: readonly string[];
  readonly network: boolean;
  readonly env: { readonly [name: string]: string };
  /** What comes before all else, as a `Stage` says. */
  readonly enter: readonly string[];
  /** Where a path lies for the one who mounts it. */
  source(path: string): string;
}

/** Folders and files outside the system's own that are shown, without what lies in the copy anyway. */
export function shownPaths(view: Pick<SandboxView, 'root' | 'readable' | 'writable'>): {
  readonly root: readonly string[];
  readonly readable: readonly string[];
  readonly writable: readonly string[];
} {
  const outside = (paths: readonly string[]): readonly string[] =>
    [...new Set(paths)].filter((path) => view.root === undefined || !isInside(view.root, path)).sort();
  return {
    root: view.root === undefined ? [] : [view.root],
    readable: outside(view.readable).filter((path) => !systemFolders.some((folder) => isInside(folder, path))),
    writable: outside(view.writable),
  };
}

/** A program with its arguments, apart from those that tell the sandbox what it is. */
export interface ContainedCommand {
  readonly start: readonly string[];
  /** Of bubblewrap: as arguments, or by `--args`, so that nobody sees the environment in the list of processes. */
  readonly options: readonly string[];
  readonly command: readonly string[];
}

/** The program to start so that `command` runs in a sandbox of its own. */
export function bubblewrapCommand(
  view: SandboxView,
  command: readonly string[],
): ContainedCommand {
  const { readable, writable, root } = shownPaths(view);
  const { source } = view;
  const options = [
    '--die-with-parent',
    '--new-session',
    '--unshare-user',
    '--unshare-all',
    '--disable-userns',
    '--cap-drop',
    'ALL',
    '--hostname',
    'sandbox',
    ...(view.network ? ['--share-net'] : []),
    '--clearenv',
    ...Object.entries(view.env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...systemMounts(),
    ...settings(view.network),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...temporary('/dev/shm', 256),
    ...temporary('/tmp', 512),
    '--dir',
    '/tmp/home',
    ...readable.flatMap((path) => ['--ro-bind', source(path), path]),
    ...(view.links ?? []).flatMap(({ path, target }) => ['--symlink', target, path]),
    ...view.hidden.flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...writable.flatMap((path) => ['--bind', source(path), path]),
    ...root.flatMap((path) => ['--bind', source(path), path]),
    ...view.frozen.flatMap((path) => ['--ro-bind', source(path), path]),
    ...view.caches.flatMap((path) => temporary(path, Math.min(256, Math.max(8, Math.floor(allCaches / view.caches.length))))),
    '--remount-ro',
    '/dev',
    '--remount-ro',
    '/',
    '--chdir',
    view.cwd,
  ];
  const identity = view.asNobody ? ['setpriv', '--reuid', String(nobody), '--regid', String(nobody), '--clear-groups', '--'] : [];
  return { start: [...view.enter, ...identity, 'bwrap'], options, command };
}

const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store'];
const settingFiles = [
  'passwd',
  'group',
  'nsswitch.conf',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'alternatives',
  'localtime',
  'ssl',
  'ca-certificates',
  'pki',
  'fonts',
  'chromium.d',
  'mime.types',
  'services',
  'protocols',
];

function systemMounts(): readonly string[] {
  return systemFolders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      lstatSync(folder).isSymbolicLink() ? ['--symlink', readlinkSync(folder), folder] : ['--ro-bind', folder, folder],
    );
}

function settings(network: boolean): readonly string[] {
  return [...settingFiles, ...(network ? ['resolv.conf', 'host.conf', 'gai.conf'] : [])].flatMap((name) => [
    '--ro-bind-try',
    `/etc/${name}`,
    `/etc/${name}`,
  ]);
}

/** Mebibytes of memory for the caches of all `node_modules` together. */
const allCaches = 1_024;

function temporary(path: string, mebibytes: number): readonly string[] {
  return ['--size', String(mebibytes * 1024 * 1024), '--tmpfs', path];
}
