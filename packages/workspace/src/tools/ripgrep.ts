import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { relativePath, resolveInside } from '../workspace-path.ts';

export interface RipgrepAnswer {
  readonly exitCode: number;
  readonly error: string;
  /** Why it was stopped early: `onRecord` had enough, or 30 seconds were over. */
  readonly stopped?: 'enough' | 'time';
}

/** One piece of output; of a very long one only the beginning, and how many bytes of it were dropped. */
export interface RipgrepRecord {
  readonly text: string;
  readonly dropped: number;
}

export interface RipgrepOptions {
  readonly signal: AbortSignal;
  /** What stands between records of output. */
  readonly separator: '\n' | '\0';
  /** What it searches for `-` as path. */
  readonly stdin?: string;
  /** Returns false when it has seen enough. */
  onRecord(record: RipgrepRecord): boolean;
}

/** Ripgrep on the files of a folder: ignore files count, links are not followed, no setting of the host is read. */
export async function ripgrep(root: string, args: readonly string[], options: RipgrepOptions): Promise<RipgrepAnswer> {
  // Loaded when it is used: the package throws at import on a platform that it has no program for.
  const { rgPath } = await import('@vscode/ripgrep');
  const child = spawn(rgPath, [...scope, ...args], {
    cwd: root,
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    signal: options.signal,
    killSignal: 'SIGKILL',
  });
  let stopped: 'enough' | 'time' | undefined;
  const stop = (why: 'enough' | 'time'): void => {
    stopped ??= why;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(() => stop('time'), 30_000);
  let error = '';
  child.stderr.on('data', (bytes: Buffer) => {
    if (error.length < 4_000) error += bytes.toString('utf8');
  });
  const split = splitRecords(options.separator);
  child.stdout.on('data', (bytes: Buffer) => {
    for (const record of split(bytes)) {
      if (stopped !== undefined) return;
      if (!options.onRecord(record)) stop('enough');
    }
  });
  // It stops reading when it has found what it wants.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', (failure) => {
      clearTimeout(timer);
      reject(failure);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ exitCode: code ?? -1, error, ...(stopped === undefined ? {} : { stopped }) });
    });
  });
}

/**
 * A folder or file of the workspace as ripgrep's argument, never taken for an option; undefined where there is neither.
 * Reading a pipe or a device would not end.
 */
export async function searchedPath(root: string, file: string): Promise<string | undefined> {
  const stats = await stat(await resolveInside(root, file)).catch(() => undefined);
  if (stats?.isFile() !== true && stats?.isDirectory() !== true) return undefined;
  const path = relativePath(file);
  return path === '.' ? './' : `./${path}`;
}

/** A path as ripgrep gives it, relative to the workspace, with `/`. */
export function foundPath(path: string): string {
  return (process.platform === 'win32' ? path.replaceAll('\\', '/') : path).replace(/^\.\//, '');
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

const maxRecordBytes = 256 * 1024;

/** A line of a file may be as long as the file: what is beyond a bound is counted and dropped. */
function splitRecords(separator: '\n' | '\0'): (bytes: Buffer) => readonly RipgrepRecord[] {
  const end = separator.charCodeAt(0);
  let open: Buffer[] = [];
  let size = 0;
  let dropped = 0;
  const add = (bytes: Buffer): void => {
    const room = bytes.subarray(0, maxRecordBytes - size);
    if (room.length > 0) open.push(room);
    size += room.length;
    dropped += bytes.length - room.length;
  };
  return (bytes) => {
    const records: RipgrepRecord[] = [];
    let start = 0;
    for (let at = bytes.indexOf(end); at !== -1; at = bytes.indexOf(end, start)) {
      add(bytes.subarray(start, at));
      // Streaming leaves out a character that the bound has cut.
      records.push({ text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(open), { stream: dropped > 0 }), dropped });
      open = [];
      size = 0;
      dropped = 0;
      start = at + 1;
    }
    add(bytes.subarray(start));
    return records;
  };
}
