import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BranchBase } from './branch-of-change.ts';

/** How a run was started: what `fw resume` needs to open the same framework again. No key is in it. */
export interface Invocation {
  readonly workspace: string;
  /** `--config`, absolute. */
  readonly config?: string;
  /** `--model`. */
  readonly model?: string;
  readonly unsandboxed: boolean;
  /** `--branch`, as it was when the run began. */
  readonly branch?: BranchBase;
  /** `--apply`: the fingerprint of the workspace when the run began. */
  readonly apply?: string;
}

/** The first invocation of a run stays: the same id again is the same run. */
export async function saveInvocation(home: string, run: string, invocation: Invocation): Promise<void> {
  const file = fileOf(home, run);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(invocation)}\n`, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}

/** Undefined when the run was not started by this app, or its record is gone. */
export async function readInvocation(home: string, run: string): Promise<Invocation | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(home, run), 'utf8')) as Invocation;
  } catch {
    return undefined;
  }
}

export async function removeInvocation(home: string, run: string): Promise<void> {
  await rm(fileOf(home, run), { force: true });
}

function fileOf(home: string, run: string): string {
  return path.join(home, 'invocations', `${encodeURIComponent(run)}.json`);
}
