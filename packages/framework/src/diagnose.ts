import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { detectSandbox } from '@fw/workspace';

export interface Diagnosis {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What this machine has of what a run needs. */
export async function diagnose(options: { readonly home: string }): Promise<readonly Diagnosis[]> {
  return Promise.all([node(), git(), sandbox(), disk(options.home)]);
}

async function node(): Promise<Diagnosis> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return { name: 'node', ok: major > 22 || (major === 22 && minor >= 18), detail: `${process.version} (22.18 or newer is needed)` };
}

async function git(): Promise<Diagnosis> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version']);
    return { name: 'git', ok: true, detail: stdout.trim() };
  } catch {
    return { name: 'git', ok: false, detail: 'git is not on the PATH; install it' };
  }
}

async function sandbox(): Promise<Diagnosis> {
  const found = await detectSandbox();
  return found.available
    ? { name: 'sandbox', ok: true, detail: `bubblewrap ${found.version}` }
    : { name: 'sandbox', ok: false, detail: `${found.reason}. ${found.advice} Until then fw run needs --unsandboxed.` };
}

async function disk(home: string): Promise<Diagnosis> {
  try {
    const { bavail, bsize } = await statfs(home);
    const free = bavail * bsize;
    return { name: 'home', ok: free > 2 ** 30, detail: `${home}, ${(free / 2 ** 30).toFixed(1)} GiB free` };
  } catch {
    return { name: 'home', ok: true, detail: `${home} (not created yet)` };
  }
}
