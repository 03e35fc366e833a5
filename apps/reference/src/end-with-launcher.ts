import { readFileSync } from 'node:fs';

const LOOK_MS = 100;

/** Ends this process when what started it is killed, as if the kill had hit it: our own launcher in another process, or `npx`. */
export function endWithLauncher(): void {
  const wasLaunched = process.env['FW_LAUNCHED'] === '1' && process.connected;
  delete process.env['FW_LAUNCHED'];
  if (wasLaunched) {
    process.on('disconnect', end);
    process.channel?.unref();
  }
  endWithNpm();
}

/** `npx` waits for a shell that waits for us; killing it would leave both behind. Where there is no /proc, nothing is watched. */
function endWithNpm(): void {
  const parent = process.ppid;
  const npm = [parent, parentOf(parent)].find((pid) => pid !== undefined && isNpm(pid));
  if (npm === undefined) return;
  setInterval(() => {
    if (process.ppid !== parent || !isNpm(npm)) end();
  }, LOOK_MS).unref();
}

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** npm names its process after what it runs, e.g. `npm exec fw run`. */
function isNpm(pid: number): boolean {
  return readProc(pid, 'cmdline').startsWith('npm ');
}

/** Field 4 of /proc/<pid>/stat (proc_pid_stat(5)). */
function parentOf(pid: number): number | undefined {
  const stat = readProc(pid, 'stat');
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  return Number.isSafeInteger(parent) && parent > 0 ? parent : undefined;
}

function readProc(pid: number, file: 'cmdline' | 'stat'): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
