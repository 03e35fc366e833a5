import { execFile } from 'node:child_process';
import { bubblewrapCommand } from './bubblewrap-command.ts';
import { WorkspaceError } from './workspace-error.ts';

/** Whether commands can be contained on this machine; if not, why, in words for a person. */
export type SandboxAvailability =
  { readonly available: true; readonly version: string } | { readonly available: false; readonly reason: string };

/** `required` refuses to start without a sandbox, `preferred` goes on and records it, `off` never uses one. */
export type SandboxChoice = 'required' | 'preferred' | 'off';

/** What holds a workspace's commands. */
export type Containment = { readonly type: 'bubblewrap'; readonly asNobody: boolean } | { readonly type: 'none'; readonly reason: string };

/** Tries bubblewrap on this machine by running a command in it. Never throws. */
export async function detectSandbox(): Promise<SandboxAvailability> {
  if (process.platform !== 'linux') return { available: false, reason: `bubblewrap needs Linux; this is ${process.platform}` };
  const found = await execute('bwrap', ['--version']);
  if (found.exitCode !== 0) return { available: false, reason: 'bubblewrap (bwrap) is not installed' };
  const version = /(\d+)\.(\d+)(\.\d+)?/.exec(found.output);
  if (version === null || (Number(version[1]) === 0 && Number(version[2]) < 8)) {
    return { available: false, reason: `bubblewrap 0.8 or newer is needed; found ${found.output.trim()}` };
  }
  const asNobody = isRoot();
  const trial = bubblewrapCommand(
    { asNobody, cwd: '/', root: undefined, frozen: [], caches: [], hidden: [], readable: [], writable: [], network: false, env: {}, enter: [], source: (path) => path },
    ['/bin/sh', '-c', 'exit 0'],
  );
  const tried = await execute(trial.file, trial.args);
  if (tried.exitCode === 0) return { available: true, version: version[0] };
  return { available: false, reason: `bubblewrap does not work here: ${tried.output.trim().slice(0, 300)}${hint(tried.output)}` };
}

/** Settles how commands run. Throws FW_WORKSPACE_SANDBOX when one is required and there is none. */
export async function chooseContainment(choice: SandboxChoice): Promise<Containment> {
  if (choice === 'off') return { type: 'none', reason: 'turned off' };
  const found = await detectSandbox();
  if (found.available) return { type: 'bubblewrap', asNobody: isRoot() };
  if (choice === 'preferred') return { type: 'none', reason: found.reason };
  throw new WorkspaceError('FW_WORKSPACE_SANDBOX', {
    message: `Commands cannot be contained: ${found.reason}. Install bubblewrap and allow user namespaces, or choose to run without a sandbox.`,
  });
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function hint(output: string): string {
  if (/uid map|Operation not permitted|Permission denied|No permissions/.test(output)) {
    return ' (user namespaces are not allowed: a container, or AppArmor; see kernel.apparmor_restrict_unprivileged_userns)';
  }
  return /ENOENT/.test(output) ? ' (setpriv of util-linux is needed to run as root)' : '';
}

function execute(file: string, args: readonly string[]): Promise<{ readonly exitCode: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(file, [...args], { env: { PATH: process.env.PATH }, timeout: 10_000, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : 1, output: error === null ? stdout : stderr || error.message });
    });
  });
}
