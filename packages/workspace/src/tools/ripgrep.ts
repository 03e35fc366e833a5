import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface RipgrepAnswer {
  readonly exitCode: number;
  readonly error: string;
  /** Stopped early: by `onLine`, or after 30 seconds. */
  readonly stopped: boolean;
}

/**
 * Ripgrep on the files of a folder: ignore files count, links are not followed, no setting of the host is read.
 * `onLine` gets each line of output and returns false when it has seen enough.
 */
export async function ripgrep(
  root: string,
  args: readonly string[],
  options: { readonly signal: AbortSignal; onLine(line: string): boolean },
): Promise<RipgrepAnswer> {
  // Loaded when it is used: the package throws at import on a platform that it has no program for.
  const { rgPath } = await import('@vscode/ripgrep');
  const child = spawn(rgPath, [...scope, ...args], {
    cwd: root,
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    signal: options.signal,
    killSignal: 'SIGKILL',
  });
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(stop, 30_000);
  let error = '';
  child.stderr.on('data', (bytes: Buffer) => {
    if (error.length < 4_000) error += bytes.toString('utf8');
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!stopped && !options.onLine(line)) stop();
  });
  return new Promise((resolve, reject) => {
    child.on('error', (failure) => {
      clearTimeout(timer);
      reject(failure);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ exitCode: code ?? -1, error, stopped });
    });
  });
}

/** A folder or file of the workspace as ripgrep's argument; never taken for an option. */
export function searchedPath(path: string): string {
  return path === '.' ? './' : `./${path}`;
}

/** Paths as the tools show them. */
export function shownPath(path: string): string {
  return path.replaceAll('\\', '/').replace(/^\.\//, '');
}

const scope = [
  '--no-config',
  '--hidden',
  '--no-require-git',
  '--no-ignore-global',
  '--no-ignore-parent',
  '--no-ignore-exclude',
  '--sort',
  'path',
];

/** After a glob of the caller's, because the last one that matches decides. */
export const neverSearched: readonly string[] = ['--glob', '!**/.git', '--glob', '!**/node_modules'];
