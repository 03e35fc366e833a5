import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, chownSync, constants, copyFileSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectSandbox } from '../src/index.ts';

const attempts = [
  'write outside', 'read home', 'loopback TCP and UDP', 'unix and abstract sockets', 'fork bomb', 'symlink out', 'signal to the host', 'environment secrets',
  '/proc/*/environ', '300 MB of output', 'endless loop', '2 GB of memory', 'one huge file', 'nested user namespace',
] as const;

interface Outcome {
  readonly name: string;
  readonly held: boolean;
  readonly detail: string;
}

const own = process.getuid?.() ?? -1;
const found = await detectSandbox();
// Where we are root, the ordinary user is one that the machine does not know.
const users: readonly (readonly [string, number])[] = own === 0 ? [['root', 0], ['an ordinary user', 12_345]] : [['an ordinary user', own]];

describe.skipIf(!found.available).each(users)('as %s, the sandbox holds', (_name, user) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fw escapes ')));
  const outcomes = new Map<string, Outcome>();
  let complaint = '';
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(async () => {
    const node = nodeFor(user, folder);
    if (own === 0) chownSync(folder, user, user);
    const child = spawn(node, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'escapes-worker.ts'), folder, String(user)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString('utf8')));
    child.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString('utf8')));
    await once(child, 'close');
    for (const line of said.split('\n').filter((text) => text !== '')) {
      const outcome = JSON.parse(line) as Outcome;
      outcomes.set(outcome.name, outcome);
    }
  });

  it.each(['user', ...attempts, 'environment given, seen by nobody else', 'afterwards'])('%s', (name) => {
    expect(outcomes.get(name), complaint).toMatchObject({ held: true });
  });
});

/** The node of this process; a copy of it where that user cannot reach it, as in root's home. */
function nodeFor(user: number, folder: string): string {
  if (own !== 0 || user === 0 || isReachable(process.execPath)) return process.execPath;
  const copy = join(folder, 'node');
  copyFileSync(process.execPath, copy, constants.COPYFILE_FICLONE);
  chmodSync(copy, 0o755);
  accessSync(copy, constants.X_OK);
  return copy;
}

function isReachable(path: string): boolean {
  for (let above = dirname(path); ; above = dirname(above)) {
    if ((statSync(above).mode & 0o001) === 0) return false;
    if (above === dirname(above)) return true;
  }
}
