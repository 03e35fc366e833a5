import { delimiter, join } from 'node:path';

/** The whole environment of a command: small, the same everywhere, with nothing of the host's in it. */
export function commandEnvironment(place: {
  readonly toolchain: string;
  readonly root: string;
  /** Folders of packages whose commands are on the PATH beside those of the root. */
  readonly modules: readonly string[];
  readonly home: string;
  readonly temporary: string;
  readonly added: { readonly [name: string]: string };
}): { readonly [name: string]: string } {
  const windows = process.platform === 'win32';
  const system = windows
    ? (process.env.PATH ?? '').split(delimiter)
    : ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return {
    PATH: [...new Set([place.toolchain, ...[join(place.root, 'node_modules'), ...place.modules].map((folder) => join(folder, '.bin'))]), ...system].join(delimiter),
    HOME: place.home,
    TMPDIR: place.temporary,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    CI: '1',
    NO_COLOR: '1',
    PAGER: 'cat',
    GIT_PAGER: 'cat',
    GIT_TERMINAL_PROMPT: '0',
    // Else git would take a repository above the workspace for the project's.
    GIT_CEILING_DIRECTORIES: join(place.root, '..'),
    npm_config_cache: join(place.home, '.npm'),
    npm_config_update_notifier: 'false',
    ...(windows
      ? { SystemRoot: process.env.SystemRoot ?? 'C:\\Windows', TEMP: place.temporary, TMP: place.temporary, USERPROFILE: place.home }
      : {}),
    ...place.added,
  };
}
