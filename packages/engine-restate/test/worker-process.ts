import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RestateServer } from '@fw/engine-restate/server';

export interface WorkerArguments {
  readonly server: Pick<RestateServer, 'ingressUrl' | 'adminUrl'>;
  readonly port: number;
  readonly service: string;
  /** File of the store. */
  readonly store: string;
  /** File to which every effect of a step is written, as `begin|end <key> <pid>`. */
  readonly effects: string;
  readonly version?: string;
  readonly inactivityTimeoutMs?: number;
  readonly longestStepMs?: number;
}

/** A worker in a process of its own: run-worker.ts. Resolves when Restate knows it. */
export async function startWorkerProcess(args: WorkerArguments): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', fileURLToPath(new URL('run-worker.ts', import.meta.url)), JSON.stringify(args)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`The worker ended with ${code}.`)));
  });
  return child;
}

export interface Effect {
  readonly what: 'begin' | 'end';
  readonly key: string;
  readonly pid: number;
}

export function effectsIn(file: string): readonly Effect[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => {
    const [what, pid, ...key] = line.split(' ');
    return { what: what as Effect['what'], pid: Number(pid), key: key.join(' ') };
  });
}

/** Steps of a run that took effect again after they had, or after a later one had begun. One step after the other is assumed. */
export function repeatedSteps(effects: readonly Effect[]): readonly string[] {
  const ended = new Set<string>();
  const begun: string[] = [];
  const repeated: string[] = [];
  for (const { what, key } of effects) {
    if (what === 'end') {
      ended.add(key);
      continue;
    }
    const before = begun.indexOf(key);
    if (before !== -1 && before < begun.length - 1) repeated.push(key);
    if (before === -1) begun.push(key);
  }
  return repeated;
}
