import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { diskFull } from './disk-full.ts';
import { kill, waitForEnd } from './kill-tree.ts';
import { findMarked, isAlive, readEnvironment } from './process-tree.ts';
import { WorkspaceError } from './workspace-error.ts';

export interface GitAnswer {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

interface GitOptions {
  readonly input?: string | Buffer;
  /** Exit codes that are an answer; every other one throws FW_WORKSPACE_GIT. Default: only 0. */
  readonly accept?: readonly number[];
  /** Takes every file for bytes without lines. */
  readonly binary?: boolean;
}

/** Git on one directory of objects, one index and one tree of files; no configuration of the user or machine is read. */
export type Git = (args: readonly string[], options?: GitOptions) => Promise<GitAnswer>;

export function createGit(place: {
  readonly binary: string;
  readonly directory: string;
  readonly tree: string;
  readonly index: string;
}): Git {
  return async (args, options = {}) => {
    const answer = await runGit(place.binary, args, {
      cwd: place.tree,
      ...(options.input === undefined ? {} : { input: options.input }),
      env: {
        PATH: process.env.PATH,
        HOME: devNull,
        XDG_CONFIG_HOME: devNull,
        LC_ALL: 'C',
        GIT_DIR: options.binary === true ? join(place.directory, 'binary') : place.directory,
        GIT_OBJECT_DIRECTORY: join(place.directory, 'objects'),
        GIT_WORK_TREE: place.tree,
        GIT_INDEX_FILE: place.index,
        GIT_CONFIG_GLOBAL: devNull,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_ATTR_NOSYSTEM: '1',
        GIT_TERMINAL_PROMPT: '0',
        [ownerVariable]: String(process.pid),
      },
    });
    const full = answer.exitCode === 0 ? undefined : diskFull(answer.stderr);
    if (full !== undefined) throw full;
    if (answer.exitCode !== 0 && !(options.accept ?? []).includes(answer.exitCode)) {
      throw new WorkspaceError('FW_WORKSPACE_GIT', {
        message: `git ${args.find((arg) => !arg.startsWith('-') && !arg.includes('=')) ?? ''} ended with ${answer.exitCode}: ${answer.stderr.trim().slice(-2_000)}`,
      });
    }
    return answer;
  };
}

const ownerVariable = 'FW_WORKSPACE_OWNER';

/** Ends git processes on a directory whose owner was killed: they would go on writing files that are ours now. */
export async function endOrphans(directory: string): Promise<void> {
  for (const pid of findMarked({ marker: `GIT_OBJECT_DIRECTORY=${join(directory, 'objects')}\0` })) {
    const owner = new RegExp(`${ownerVariable}=(\\d+)`).exec(readEnvironment(pid))?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    kill(pid);
    await waitForEnd(pid);
  }
}

/** One git process. Throws FW_WORKSPACE_GIT_MISSING when there is no git, FW_WORKSPACE_TOO_LARGE on over 256 MiB of answer. */
export function runGit(
  binary: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly input?: string | Buffer },
): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { cwd: options.cwd, env: options.env, windowsHide: true });
    const chunks: Buffer[] = [];
    let size = 0;
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > 256 * 1024 * 1024) {
        child.kill('SIGKILL');
        reject(new WorkspaceError('FW_WORKSPACE_TOO_LARGE', { message: `git ${args.join(' ').slice(0, 200)} answers more than 256 MiB.` }));
      } else chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < 100_000) stderr += chunk.toString('utf8');
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new WorkspaceError(['ENOENT', 'EACCES'].includes(cause.code ?? '') ? 'FW_WORKSPACE_GIT_MISSING' : 'FW_WORKSPACE_GIT', {
          message: `git ("${binary}") could not be started in "${options.cwd}": ${cause.message}. Install git 2.34 or newer, or name it with the option \`git\`.`,
          cause,
        }),
      );
    });
    child.on('close', (code) => resolve({ exitCode: code ?? -1, stdout: Buffer.concat(chunks), stderr }));
    // Git may end before it has read everything; its exit code tells then.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** An empty directory of objects whose settings keep every byte as it is. */
export async function initializeGitDirectory(directory: string): Promise<void> {
  await initialize(directory, '* -text !eol -ident !filter !working-tree-encoding !diff !merge\n');
  await initialize(join(directory, 'binary'), '* -text -diff\n');
}

async function initialize(directory: string, attributes: string): Promise<void> {
  for (const folder of ['objects', 'refs', 'info']) await mkdir(join(directory, folder), { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'HEAD'), 'ref: refs/heads/main\n');
  await writeFile(join(directory, 'info', 'exclude'), 'node_modules\n');
  await writeFile(join(directory, 'info', 'attributes'), attributes);
  await writeFile(join(directory, 'config'), config);
}

const config = `[core]
repositoryformatversion = 0
bare = false
filemode = ${process.platform !== 'win32'}
symlinks = true
autocrlf = false
safecrlf = false
quotePath = false
compression = 1
protectNTFS = ${process.platform === 'win32'}
fsmonitor = false
hooksPath = ${JSON.stringify(devNull)}
attributesFile = ${JSON.stringify(devNull)}
excludesFile = ${JSON.stringify(devNull)}
[gc]
auto = 0
[maintenance]
auto = false
[diff]
noprefix = false
mnemonicPrefix = false
`;
