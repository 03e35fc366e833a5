import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync, existsSync, realpathSync, mkdirSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CommandResult, FileChange, TaskWorkspace } from '@fw/agents-core';

/** A plain stand-in for the tests of this package: git for trees, a child process group for commands. */
export function localWorkspace(directory: string, gitDirectory?: string, base?: string): TaskWorkspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'fw-local-')));
  const git = gitDirectory ?? realpathSync(mkdtempSync(join(tmpdir(), 'fw-local-git-')));
  const index = join(mkdtempSync(join(tmpdir(), 'fw-local-index-')), 'index');
  const env = { PATH: process.env['PATH'] ?? '', GIT_DIR: git, GIT_WORK_TREE: root, GIT_INDEX_FILE: index, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const run = (...args: string[]): string => execFileSync('git', args, { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
  if (gitDirectory === undefined) {
    run('init', '-q');
    writeFileSync(join(git, 'info', 'exclude'), 'node_modules\n');
    execFileSync('cp', ['-R', `${directory}/.`, root]);
  }
  const snapshot = (): string => {
    run('add', '-A');
    return run('write-tree').trim();
  };
  const restore = (tree: string): void => {
    run('read-tree', tree);
    run('checkout-index', '-a', '-f');
    run('clean', '-fdq');
  };
  if (base !== undefined) {
    restore(base);
    if (existsSync(join(directory, 'node_modules'))) symlinkSync(realpathSync(join(directory, 'node_modules')), join(root, 'node_modules'));
  }
  const start = base ?? snapshot();
  const show = async (tree: string, file: string): Promise<string | undefined> => {
    try {
      return run('show', `${tree}:${file}`);
    } catch {
      return undefined;
    }
  };
  return {
    specVersion: 1,
    root,
    base: start,
    sandbox: 'none: stand-in',
    read: async (file) => readFileSync(join(root, file), 'utf8'),
    write: async (file, content) => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), content);
    },
    remove: async (file) => rmSync(join(root, file)),
    run: (command, options = {}) =>
      new Promise<CommandResult>((resolve) => {
        const started = Date.now();
        let output = '';
        let timedOut = false;
        const path = [dirname(process.execPath), join(root, 'node_modules/.bin'), '/usr/bin', '/bin'].join(':');
        const child = spawn(command[0] ?? '', command.slice(1), { cwd: root, detached: true, env: { PATH: path, HOME: root, ...options.env } });
        const kill = (): void => {
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        };
        const timer = setTimeout(() => {
          timedOut = true;
          kill();
        }, options.timeoutMs ?? 120_000);
        options.signal?.addEventListener('abort', kill, { once: true });
        const collect = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-100_000));
        child.stdout.on('data', collect);
        child.stderr.on('data', collect);
        const done = (exitCode: number): void => {
          clearTimeout(timer);
          resolve({ exitCode, output, omitted: 0, timedOut, aborted: options.signal?.aborted ?? false, outOfMemory: false, durationMs: Date.now() - started, cpuMs: 0, peakMemoryBytes: 0, sandbox: 'none: stand-in' });
        };
        child.on('error', () => done(-1));
        child.on('close', (code) => done(code ?? 137));
      }),
    snapshot: async () => snapshot(),
    restore: async (tree) => {
      snapshot();
      restore(tree);
    },
    diff: async (from, to) => run('diff', '--no-renames', from, to),
    changes: async (from, to) => {
      const names = run('diff', '--no-renames', '--name-status', '-z', from, to).split('\0').filter((part) => part !== '');
      const changes: FileChange[] = [];
      for (let at = 0; at + 1 < names.length; at += 2) {
        const status = ({ A: 'added', M: 'modified', D: 'deleted' } as const)[names[at] as 'A' | 'M' | 'D'];
        const file = names[at + 1] ?? '';
        const lines = [...run('diff', '-U0', from, to, '--', file).matchAll(/^@@ -\S+ \+(\d+)(?:,(\d+))? @@/gm)].flatMap(([, first, count]) => Array.from({ length: Number(count ?? 1) }, (_, index) => Number(first) + index));
        changes.push({ file, status, lines });
      }
      return changes;
    },
    show,
    files: async (tree) => run('ls-tree', '-r', '--name-only', '-z', tree).split('\0').filter((part) => part !== ''),
    checkout: async (tree) => localWorkspace(root, git, tree),
    close: async () => rmSync(root, { recursive: true, force: true }),
  };
}
