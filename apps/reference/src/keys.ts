import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Where keys come from; `process.stdin`, when a person sits at it. */
export type KeySource = Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause' | 'unref'>;

/** Whether single keys can be read: a terminal, and this process in front. One in the background would be stopped for touching it. */
export function hasKeys(stdin: Pick<KeySource, 'isTTY'>): boolean {
  return stdin.isTTY && isInFront();
}

/**
 * Hands on single keys until the function that is given back was called; the terminal is then as it was before.
 * Ctrl-C is a key here, and told as `interrupt`; Ctrl-Z does nothing.
 */
export function listenForKeys(stdin: KeySource, listener: (key: string) => void): () => void {
  const onData = (data: Buffer | string): void => {
    // An arrow or a pasted text is no command.
    const text = data.toString();
    if (text === '\u0003') listener('interrupt');
    else if (/^[a-zA-Z]$/.test(text)) listener(text.toLowerCase());
  };
  const restore = (): void => { stdin.setRawMode(false); };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  process.once('exit', restore);
  return () => {
    stdin.off('data', onData);
    process.off('exit', restore);
    restore();
    stdin.pause();
    stdin.unref();
  };
}

/** Its group is the one that the terminal belongs to: fields 5 and 8 of proc_pid_stat(5). */
function isInFront(): boolean {
  if (process.platform === 'win32') return true;
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync('/proc/self/stat', 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[2] === fields[5];
    }
    const [group, front] = execFileSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], { encoding: 'utf8', timeout: 2_000 }).trim().split(/\s+/);
    return group === front;
  } catch {
    return false;
  }
}
