import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isInside } from './workspace-path.ts';
import { WorkspaceError } from './workspace-error.ts';

/** Places that nobody cannot walk to, such as those in root's home, where nobody can. */
interface Stage {
  /** What enters it; a command follows. */
  readonly enter: readonly string[];
  /** Where a path lies in it. */
  source(path: string): string;
}

/** The stages of one workspace: made when first needed and kept, because mounting takes longer than a small command. */
export interface Stages {
  of(paths: readonly string[]): Promise<Stage>;
  close(): void;
}

const folder = '/dev/shm';
const maxStages = 4;
const nothing: Stage = { enter: [], source: (path) => path };

/**
 * Root mounts the paths at a place that can be reached, in a mount namespace that no process stays in: this process
 * holds it open, and it is gone with it. Commands enter it as root before they become nobody.
 */
export function createStages(): Stages {
  const known = new Map<string, number>();
  return {
    async of(paths) {
      const staged = outermost(paths.filter((path) => !isReachable(path)));
      if (staged.length === 0) return nothing;
      const key = staged.map((path) => `${path}\0${identity(path)}`).join('\0');
      const held = known.get(key) ?? (await mountNamespace(staged));
      known.delete(key);
      known.set(key, held);
      for (const [old, descriptor] of [...known].slice(0, Math.max(0, known.size - maxStages))) {
        known.delete(old);
        closeSync(descriptor);
      }
      return {
        enter: ['nsenter', `--mount=/proc/${process.pid}/fd/${held}`, '--'],
        source(path) {
          const index = staged.findIndex((outer) => isInside(outer, path));
          return index === -1 ? path : `${folder}/${index}${path.slice(staged[index]?.length)}`;
        },
      };
    },
    close() {
      for (const descriptor of known.values()) closeSync(descriptor);
      known.clear();
    },
  };
}

const script = `set -e
mount -t tmpfs -o mode=0755 tmpfs ${folder}
index=0
for path; do
  if [ -d "$path" ]; then mkdir ${folder}/$index; else : > ${folder}/$index; fi
  mount --rbind "$path" ${folder}/$index; index=$((index+1))
done
echo ready; read -r end`;

/** A descriptor of the namespace. */
function mountNamespace(paths: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('unshare', ['--mount', '--propagation', 'private', '--', '/bin/sh', '-c', script, 'sh', ...paths], { cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
    let held: number | undefined;
    let error = '';
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (bytes: Buffer) => (error += bytes.toString('utf8').slice(0, 1_000)));
    child.stdout.on('data', () => {
      held ??= openSync(`/proc/${child.pid ?? ''}/ns/mnt`, 'r');
      child.stdin.end();
    });
    child.on('error', (cause) => reject(refused(cause.message, cause)));
    child.on('close', () => (held === undefined ? reject(refused(error)) : resolve(held)));
  });
}

function refused(reason: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError('FW_WORKSPACE_SANDBOX', { message: `The files could not be shown to the user of the sandbox: ${reason.trim()}. Use a storage folder that every user can walk to.`, cause });
}

/** A folder that was removed and made anew is another one. */
function identity(path: string): string {
  const { dev, ino } = statSync(path);
  return `${dev} ${ino}`;
}

function outermost(paths: readonly string[]): readonly string[] {
  const unique = [...new Set(paths)].sort();
  return unique.filter((path) => !unique.some((other) => other !== path && isInside(other, path)));
}

/** Whether a user who owns nothing can walk to `path`. */
function isReachable(path: string): boolean {
  for (let above = dirname(path); ; above = dirname(above)) {
    if ((statSync(above).mode & 0o001) === 0) return false;
    if (above === dirname(above)) return true;
  }
}
