import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

let holders = 0;

/** A name of its own for each engine of this process; others on the same machine can tell when it is gone, also when its pid was given away again. */
export function newHolder(): string {
  return [hostname(), process.pid, startTimeOf(process.pid), ++holders].join('|');
}

/** Of an engine on another platform, which says by itself who drives its runs: its holders begin with "@". */
export const isForeign = (holder: string | undefined): boolean => holder?.startsWith('@') ?? false;

/** True only when that holder was a process of this machine and is certainly gone. */
export function isGone(holder: string): boolean {
  const [host, pidText, startedAt] = holder.split('|');
  const pid = Number(pidText);
  if (host !== hostname() || !Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  return startedAt !== '' && startedAt !== startTimeOf(pid);
}

/** Field 22 of /proc/<pid>/stat (proc_pid_stat(5)), and empty for a zombie or where there is no /proc. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
