import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, open, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretLength } from './signed-lines.ts';

/** Results of one run: a fresh folder of random name outside the workspace, so nothing can lie in it from before. */
export interface ResultFolder {
  readonly path: string;
  readonly nonce: string;
  /** What our reporters sign their lines with; never in a file, an argument or the environment. */
  readonly secret: string;
  /** The secret once for each reporter that one command may start. */
  readonly secrets: string;
  /** Folder for what we hand to the command; the command may only read it. */
  readonly tools: string;
  addTool(name: string, content: string): Promise<string>;
  /** Reads a regular file; links, pipes, devices and files over the limit are refused with the reason. */
  read(file: string, maxBytes?: number): Promise<ResultFile>;
  /** Names of the files in a folder of it, at most 5,000. */
  list(folder: string): Promise<readonly string[]>;
  remove(): Promise<void>;
}

type ResultFile =
  | { readonly status: 'read'; readonly text: string; readonly digest: string }
  | { readonly status: 'unusable'; readonly reason: string };

const maxResultBytes = 64 * 1024 * 1024;

export async function createResultFolder(): Promise<ResultFolder> {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'fw-testing-')));
  const nonce = randomBytes(16).toString('hex');
  const secret = randomBytes((secretLength - 1) / 2).toString('hex');
  const path = join(parent, nonce);
  const tools = join(parent, 'tools');
  await chmod(parent, 0o711);
  await mkdir(tools, { mode: 0o755 });
  await mkdir(path);
  // A sandbox started by root runs commands as another user, who must be able to write here; the name stays unguessable.
  if (process.getuid?.() === 0) await chmod(path, 0o777);
  return {
    path,
    nonce,
    secret,
    secrets: `${secret}\n`.repeat(32),
    tools,
    async addTool(name, content) {
      const file = join(tools, name);
      await writeFile(file, content, { mode: 0o644 });
      return file;
    },
    read: (file, maxBytes = maxResultBytes) => readResultFile(join(path, file), file, maxBytes),
    async list(folder) {
      const at = join(path, folder);
      const kind = await lstat(at).catch(() => undefined);
      if (kind?.isDirectory() !== true) return [];
      return (await readdir(at)).sort().slice(0, 5_000);
    },
    remove: () => rm(parent, { recursive: true, force: true }),
  };
}

async function readResultFile(path: string, name: string, maxBytes: number): Promise<ResultFile> {
  let handle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return { status: 'unusable', reason: code === 'ENOENT' ? `it left no ${name}` : `${name} cannot be read (${code})` };
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { status: 'unusable', reason: `${name} is not a regular file` };
    if (stat.size > maxBytes) return { status: 'unusable', reason: `${name} has ${stat.size} bytes; the limit is ${maxBytes}` };
    const bytes = Buffer.alloc(stat.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const content = bytes.subarray(0, length);
    return { status: 'read', text: content.toString('utf8'), digest: createHash('sha256').update(content).digest('hex') };
  } finally {
    await handle.close();
  }
}
