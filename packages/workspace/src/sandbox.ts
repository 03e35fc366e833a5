import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { bubblewrapCommand } from './bubblewrap-command.ts';
import { explainRefusal, type MachineFacts, namespaceSettings } from './explain-refusal.ts';
import { WorkspaceError } from './workspace-error.ts';

/** Whether commands can be contained on this machine; if not, why and what to do, in words for a person. */
export type SandboxAvailability =
  { readonly available: true; readonly version: string } | { readonly available: false; readonly reason: string; readonly advice: string };

/** `required` refuses to start without a sandbox, `preferred` goes on and records it, `off` never uses one. */
export type SandboxChoice = 'required' | 'preferred' | 'off';

/** What holds a workspace's commands. */
export type Containment = { readonly type: 'bubblewrap'; readonly asNobody: boolean } | { readonly type: 'none'; readonly reason: string };

/** Tries bubblewrap on this machine by running a command in it. Never throws. */
export async function detectSandbox(): Promise<SandboxAvailability> {
  if (process.platform !== 'linux') return { available: false, reason: `bubblewrap needs Linux; this is ${process.platform}`, advice: 'Run it in a Linux container or virtual machine.' };
  const found = await execute('bwrap', ['--version']);
  if (found.exitCode !== 0) return { available: false, reason: 'bubblewrap (bwrap) is not installed', advice: 'Install it: apt-get install bubblewrap, dnf install bubblewrap or apk add bubblewrap.' };
  const version = /(\d+)\.(\d+)(\.\d+)?/.exec(found.output);
  if (version === null || (Number(version[1]) === 0 && Number(version[2]) < 8)) {
    return { available: false, reason: `bubblewrap 0.8 or newer is needed; found ${found.output.trim()}`, advice: 'Install a newer one, such as that of Debian 12 or Ubuntu 24.04.' };
  }
  const asNobody = isRoot();
  const trial = bubblewrapCommand(
    { asNobody, cwd: '/', root: undefined, frozen: [], caches: [], hidden: [], readable: [], writable: [], network: false, env: {}, enter: [], source: (path) => path },
    ['/bin/sh', '-c', 'exit 0'],
  );
  const [file = '', ...args] = [...trial.start, ...trial.options, '--', ...trial.command];
  const tried = await execute(file, args);
  if (tried.exitCode === 0) return { available: true, version: version[0] };
  return { available: false, ...explainRefusal(tried.output, await machineFacts()) };
}

/** Settles how commands run. Throws FW_WORKSPACE_SANDBOX when one is required and there is none. */
export async function chooseContainment(choice: SandboxChoice): Promise<Containment> {
  if (choice === 'off') return { type: 'none', reason: 'turned off' };
  const found = await detectSandbox();
  if (found.available) return { type: 'bubblewrap', asNobody: isRoot() };
  if (choice === 'preferred') return { type: 'none', reason: found.reason };
  throw new WorkspaceError('FW_WORKSPACE_SANDBOX', {
    message: `Commands cannot be contained: ${found.reason}. ${found.advice} Or choose to run without a sandbox.`,
  });
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function machineFacts(): Promise<MachineFacts> {
  const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
  const settings = await Promise.all(namespaceSettings.map(async (name): Promise<[string, string | undefined]> => [name, await read(`/proc/sys/${name}`)]));
  const isContainer = existsSync('/.dockerenv') || existsSync('/run/.containerenv') || /docker|containerd|kubepods|lxc/.test((await read('/proc/1/cgroup')) ?? '');
  return { isRoot: isRoot(), isContainer, settings: Object.fromEntries(settings) };
}

function execute(file: string, args: readonly string[]): Promise<{ readonly exitCode: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(file, [...args], { env: { PATH: process.env.PATH }, timeout: 10_000, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : 1, output: error === null ? stdout : stderr || error.message });
    });
  });
}
